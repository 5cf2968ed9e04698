"""Which videos the files of a workspace hold: told by keys of rows and members, whatever recipe made them.

For finding a video before it is taken down, and for proving afterwards that nothing holds it. All Parquet files and
tars below the workspace are looked at, those of older versions and of stages that the recipe lost too; of spools,
the bytes. What was fetched or piped in (`subtitles/`, `sources/`) is looked at by who knows its forms.
"""

import mmap
import re
from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audsem_data.core.errors import CorruptionError
from audsem_data.storage.tars import member_keys

ELSEWHERE = ("logs", "releases", "sources", "subtitles")
# A clip id, or what begins with one; of a source's outcomes, the video and its track.
_KEY = r"^(?P<video>.+?)_[0-9]{9}_[0-9]{9}(?:_.*)?$"
_TRACK = r"^(?P<video>[^/]*)/"
_CLIP = r"^(?P<clip>.+?_[0-9]{9}_[0-9]{9})(?:_.*)?$"


@dataclass
class Holding:
    """What a place holds of some videos: rows and the fates of rows, clips, members of tars, and which files."""

    rows: int = 0
    outcomes: int = 0
    clips: set[str] = field(default_factory=set)
    members: int = 0
    files: set[Path] = field(default_factory=set)

    def __str__(self) -> str:
        counts = {
            "rows": self.rows,
            "outcomes": self.outcomes,
            "clips": len(self.clips),
            "members of tars": self.members,
            "files": len(self.files),
        }
        return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def videos_in(root: Path) -> set[str]:
    """Return every video that a data file of the workspace holds; raises CorruptionError."""
    found: set[str] = set()
    for path in _data_files(root, "*.parquet"):
        found.update(pc.unique(_videos(_keys(path))).to_pylist())
    for path in _data_files(root, "*.tar"):
        found.update(video for video, _ in _members(path))
    return found - {None}


def holdings(root: Path, videos: Set[str]) -> dict[str, Holding]:
    """Return what each place holds of these videos, those that hold something; raises CorruptionError.

    A place is the first folder below the workspace: a stage, `audsem`, `cache`.
    """
    found: dict[str, Holding] = defaultdict(Holding)
    wanted = pa.array(sorted(videos), pa.string())
    for path in _data_files(root, "*.parquet"):
        keys = _keys(path)
        chosen = keys.filter(pc.fill_null(pc.is_in(_videos(keys), wanted), fill_value=False))
        if len(chosen):
            here = found[_place(root, path)]
            here.files.add(path)
            if path.name.startswith("outcomes-"):
                here.outcomes += len(chosen)
            else:
                here.rows += len(chosen)
                here.clips.update(pc.struct_field(pc.extract_regex(chosen, _CLIP), "clip").to_pylist())
    for path in _data_files(root, "*.tar"):
        if members := [clip for video, clip in _members(path) if video in videos]:
            here = found[_place(root, path)]
            here.files.add(path)
            here.members += len(members)
            here.clips.update(members)
    for path in _spools_with(root, videos):
        found[_place(root, path)].files.add(path)
    return dict(sorted(found.items()))


def _data_files(root: Path, pattern: str) -> Iterator[Path]:
    for path in sorted(root.rglob(pattern)):
        if path.relative_to(root).parts[0] not in ELSEWHERE and path.is_file():
            yield path


def _place(root: Path, path: Path) -> str:
    return path.relative_to(root).parts[0]


def _keys(path: Path) -> pa.ChunkedArray:
    """Return the keys of a file's rows: its first column."""
    try:
        name = pq.read_schema(path).names[0]
        return pq.read_table(path, columns=[name], partitioning=None)[name].cast(pa.string())
    except (pa.ArrowException, OSError, IndexError) as error:
        raise CorruptionError(f"{path} cannot be read as Parquet: {error}") from error


def _videos(keys: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the video of each key; null for a key of another form."""
    of_clip = pc.struct_field(pc.extract_regex(keys, _KEY), "video")
    return pc.coalesce(of_clip, pc.struct_field(pc.extract_regex(keys, _TRACK), "video"))


def _members(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (video, clip) of each member of a tar."""
    for key in member_keys(path):
        if match := re.match(_KEY, key):
            yield match["video"], key


def _spools_with(root: Path, videos: Set[str]) -> Iterator[Path]:
    names = b"(?:" + b"|".join(re.escape(video.encode()) for video in sorted(videos)) + b")"
    of_clip = rb"(?<![A-Za-z0-9_%-])" + names + rb"_[0-9]{9}_[0-9]{9}"
    pattern = re.compile(of_clip + rb'|"video_id": ?"' + names + rb'"')
    for path in sorted((root / "cache").rglob("*.seg")):
        if path.stat().st_size:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                if pattern.search(data):
                    yield path
