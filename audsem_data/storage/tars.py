"""WebDataset tars: `{key}.{suffix}` members in key order, and nothing that depends on when or who."""

import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from audsem_data.core.errors import CorruptionError
from audsem_data.storage.location import storage_errors


class TarWriter:
    """Writes the members of one clip after another, the same bytes always: mtime 0, no owner."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with storage_errors(path):
            self._tar = tarfile.open(path, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  (closed by __exit__)

    def add(self, key: str, files: Mapping[str, bytes]) -> None:
        """Append the members of a clip, in order of their suffixes."""
        with storage_errors(self._path):
            for suffix in sorted(files):
                member = tarfile.TarInfo(f"{key}.{suffix}")
                member.size = len(files[suffix])
                self._tar.addfile(member, io.BytesIO(files[suffix]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._tar.fileobj:
            self._tar.fileobj.close()  # an unfinished tar: its end would be written to the disk that just failed
            return
        with storage_errors(self._path):
            self._tar.close()


def _everything(key: str, suffix: str) -> bool:
    return True


def iterate_clips(
    path: Path, wanted: Callable[[str, str], bool] = _everything
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield (key, members by suffix) of each clip in order, holding one clip; raises CorruptionError.

    Only the members are read whose key and suffix are `wanted`; a clip without any comes with none.
    """
    key, files = "", dict[str, bytes]()
    with _opened(path) as tar:
        for member in tar:
            name, _, suffix = member.name.partition(".")
            if name != key and key:
                yield key, files
                files = {}
            key = name
            if wanted(name, suffix):
                stream = tar.extractfile(member)
                files[suffix] = stream.read() if stream else b""
            tar.members = []  # type: ignore[attr-defined]  # TarFile keeps every header otherwise
    if key:
        yield key, files


def member_keys(path: Path) -> Iterator[str]:
    """Yield the key of every member, reading headers alone; raises CorruptionError."""
    with _opened(path) as tar:
        for member in tar:
            yield member.name.partition(".")[0]
            tar.members = []  # type: ignore[attr-defined]


def member_places(path: Path) -> dict[str, dict[str, tuple[int, int]]]:
    """Return where each clip's members lie, by suffix: offset and bytes; reads headers alone."""
    places: dict[str, dict[str, tuple[int, int]]] = {}
    with _opened(path) as tar:
        for member in tar:
            key, _, suffix = member.name.partition(".")
            places.setdefault(key, {})[suffix] = (member.offset_data, member.size)
            tar.members = []  # type: ignore[attr-defined]
    return places


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, "r:") as tar:
            yield tar
    except (tarfile.TarError, EOFError, OSError) as error:
        raise CorruptionError(f"{path} cannot be read as a tar: {error}") from error
