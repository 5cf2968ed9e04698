"""Getting the weights of models: from the Hub at a pinned commit, or from an address, resumed where it broke off.

Files of the Hub lie in its client's own cache, which other programs share; the store links to them. Where a spec
pins no commit, the one that is fetched first is kept in `pin.json`, and asked for from then on.
"""

import fnmatch
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

from audsem_data.core.errors import ModelError
from audsem_data.core.model import ModelSpec
from audsem_data.models.store import Pin, folder_of, read_pin, state, write_pin
from audsem_data.storage.digests import file_sha256

Progress = Callable[[str, int, int], None]  # file, bytes so far, bytes in all (0: unknown)
_ATTEMPTS = 5


def fetch(
    spec: ModelSpec,
    progress: Progress = lambda name, done, size: None,
    patience: float = 1.0,
    mirror: str = "",
) -> Pin:
    """Bring a model into the store, whole and checked, and return what it is; does nothing when it is there.

    Args:
        spec: the model.
        progress: told of every block.
        patience: seconds before the first attempt is repeated; it doubles.
        mirror: where to fetch from instead of the spec's source: `hf:OWNER/NAME[@COMMIT]` with files of the same
            names, or the address of the one file.

    Raises:
        ModelError: the network, the server or a digest says no; what has arrived is kept for the next attempt.
    """
    pinned = _pinned(spec)
    if pinned and state(spec) == "present":
        return pinned
    if _offline():
        raise ModelError(f"{spec.name} is not here, and HF_HUB_OFFLINE forbids fetching it from {spec.source}")
    folder = folder_of(spec)
    folder.mkdir(parents=True, exist_ok=True)
    beside: dict[str, str] = {}
    source = mirror or spec.source
    if _on_hub(source):
        repository, _, named = source.partition("@")
        known = named if mirror else spec.revision or (pinned.revision if pinned else "")
        revision, names = _from_hub(repository, known, spec.files, folder, progress)
    else:
        revision, names = "", [spec.files[0]]
        _from_address(spec, source, folder / spec.files[0], progress, patience)
    for other, files in spec.beside.items():
        if _on_hub(other):
            repository, _, named = other.partition("@")
            known = named or (pinned.beside.get(other, "") if pinned else "")
            beside[other], more = _from_hub(repository, known, files, folder, progress)
            names += more
            continue
        for name in files:
            _from_address(spec, other + name, folder / name, progress, patience)
        names += files
    digests = {name: file_sha256(folder / name) for name in names}
    for name, wanted in spec.sha256.items():
        _check(spec, folder, name, digests.get(name, ""), wanted)
    sizes = {name: (folder / name).stat().st_size for name in names}
    pin = Pin(spec.source, revision, digests, sizes, beside, mirror)
    write_pin(spec, pin)
    return pin


def _pinned(spec: ModelSpec) -> Pin | None:
    """Return what was fetched of this very source before, even if it is damaged now."""
    try:
        pin = read_pin(spec)
    except ModelError:
        return None
    same = pin and pin.source == spec.source and (not spec.revision or pin.mirror or pin.revision == spec.revision)
    return pin if same else None


def _on_hub(source: str) -> bool:
    return source.startswith("hf:")


def _from_hub(
    source: str, revision: str, patterns: Sequence[str], folder: Path, progress: Progress
) -> tuple[str, list[str]]:
    """Fetch the files of a repository that match; return the commit and their names."""
    repository = source.removeprefix("hf:")
    try:
        commit = HfApi().model_info(repository, revision=revision or None).sha or revision
        listed = HfApi().list_repo_files(repository, revision=commit)
        names = [name for name in listed if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
        absent = [p for p in patterns if "*" not in p and p not in names]
        if absent or not names:
            raise ModelError(f"{repository} at {commit} has no file {', '.join(absent) or ', '.join(patterns)}")
        for name in names:
            path = Path(hf_hub_download(repository, name, revision=commit))
            _link(path, folder / name)
            progress(name, path.stat().st_size, path.stat().st_size)
    except OfflineModeIsEnabled as error:
        raise ModelError(f"{repository} cannot be fetched: offline mode is on") from error
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx2.HTTPError, OSError) as error:
        said = str(error).strip().splitlines()
        raise ModelError(f"{repository} cannot be fetched from the Hub: {said[0] if said else error!r}") from error
    return commit, names


def _link(held: Path, place: Path) -> None:
    """Put a link to a file of the Hub's cache in the store, in the place of what lies there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f"{place.name}.link")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(held.absolute())
    fresh.replace(place)


def _from_address(spec: ModelSpec, address: str, path: Path, progress: Progress, patience: float) -> None:
    """Fetch one file into place; what an attempt has brought is not asked for again."""
    part = path.with_name(f"{path.name}.part")
    said = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(patience * 2 ** (attempt - 1))
        try:
            _take(address, part, progress)
        except httpx2.HTTPStatusError as error:
            said = f"the server answers {error.response.status_code}"
            if error.response.status_code < 500 and error.response.status_code != 429:
                break
        except httpx2.HTTPError as error:
            said = f"{type(error).__name__}: {error}"
        else:
            part.replace(path)
            return
    raise ModelError(
        f"{spec.name} cannot be fetched from {address} ({said}); try again later, name a copy by `models fetch "
        f"{spec.name} --from SOURCE`, or put the file at {path} by hand and name it by --set STAGE.checkpoint=PATH"
    )


def _take(address: str, part: Path, progress: Progress) -> None:
    """Append to what is there until the file is whole; raises httpx2.HTTPError where it ends too soon."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"range": f"bytes={have}-"} if have else {}
    with httpx2.stream("GET", address, headers=headers, follow_redirects=True, timeout=60) as response:
        if response.status_code == 416:  # nothing is left to send: it was whole
            return
        response.raise_for_status()
        if response.status_code != 206:
            have = 0  # the server sends all of it again
        length = int(response.headers.get("content-length", 0))
        size, name = have + length, Path(urlsplit(address).path).name
        with part.open("ab" if have else "wb") as file:
            for block in response.iter_bytes():
                file.write(block)
                have += len(block)
                progress(name, have, size)
    if length and have != size:
        raise httpx2.RemoteProtocolError(f"{have} of {size} bytes came")


def _check(spec: ModelSpec, folder: Path, name: str, found: str, wanted: str) -> None:
    """Put a file aside that is not what its publisher states."""
    if found == wanted:
        return
    aside = folder / f"{name}.wrong-{found[:8]}"
    (folder / name).replace(aside)
    raise ModelError(f"{spec.name}: {name} has SHA-256 {found}, and {wanted} is published; it is kept as {aside}")


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}
