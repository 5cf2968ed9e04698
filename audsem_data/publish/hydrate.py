"""From a release of ids and texts to the same dataset with sound, cut anew from media held or published.

The sound of a clip is what `standardize` makes of the same file: mono, 32 kHz, 16 bit, the exact interval.
"""

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from audsem_data.core.errors import EmptyDatasetError, InputError, UsageError
from audsem_data.media.cut import Want
from audsem_data.publish.clip_sources import ClipSource
from audsem_data.publish.dataset import write_dataset
from audsem_data.publish.features import clips_schema, task_schema
from audsem_data.publish.layout import CLIPS, parse_data_file
from audsem_data.publish.manifest import MANIFEST
from audsem_data.publish.parquet import DatasetWriter
from audsem_data.storage.location import storage_errors

SURVIVAL = "survival.json"

Row = dict[str, Any]


@dataclass(frozen=True)
class Survival:
    """What became of a release's clips: how many there are, how many have sound again, why others have not."""

    clips: int
    survived: int
    lost: Mapping[str, int]


def hydrate(
    release: Path, source: ClipSource, out: Path, say: Callable[[str], None] = lambda line: None
) -> Survival:
    """Make `out` the dataset of a release with the sound that a source gives.

    A clip whose sound cannot be had is left out with its examples. `out` gets `survival.json` beside it. A run that
    was stopped goes on where it was. A dataset that is in `out` already only grows: its sound is kept, and what it
    lacks is asked for.

    Raises:
        InputError: the release has no `clips`, or holds sound already.
        UsageError: `out` is the release, no dataset with sound, or holds rows that this release has not.
        EmptyDatasetError: no clip has sound; `out` is as it was.
    """
    out = out.absolute()
    files = _data_files(release)
    wanted = _wanted(files)
    clips = out.with_name(f".{out.name}.clips")
    if out.exists():
        _take_over(release, out, clips)
    fates = _have_all(wanted, source, clips, say)
    if wanted and all(fates.values()):
        shutil.rmtree(clips)
        reasons = ", ".join(f"{reason} {count}" for reason, count in Counter(fates.values()).most_common())
        raise EmptyDatasetError(f"none of {len(fates)} clips has sound ({reasons}); {out} was not made")
    made = {path: _rewrite(path, held, clips) for path, held in files.items()}
    kept = {path: written for path, written in made.items() if written is not None}
    write_dataset(out, kept, _options(release))
    shutil.rmtree(clips)
    lost = Counter(reason for reason in fates.values() if reason)
    survival = Survival(len(fates), len(fates) - lost.total(), dict(sorted(lost.items())))
    told = {"clips": survival.clips, "survived": survival.survived, "lost": survival.lost, "reasons": fates}
    out.with_name(f"{out.name}.{SURVIVAL}").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return survival


def _data_files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.glob("data/*/*.parquet"))}


def _take_over(release: Path, out: Path, clips: Path) -> None:
    """Put the sound of a dataset that was hydrated before where what was fetched lies; raises UsageError."""
    held = _data_files(out)
    if out.samefile(release):
        raise UsageError(f"{out} is the release itself; name another folder by --out")
    sounding = [path for name, path in held.items() if parse_data_file(name)[0] == CLIPS and _has_audio(path)]
    if not sounding or not (out / MANIFEST).is_file():
        raise UsageError(f"{out} is there already and is no dataset with sound; name another folder by --out")
    theirs = _keys(_data_files(release))
    if lost := sum(len(keys - theirs.get(config, set())) for config, keys in _keys(held).items()):
        raise UsageError(
            f"{out} holds {lost} rows that this release has not, and would lose them; name another folder by --out"
        )
    with storage_errors(clips):
        clips.mkdir(parents=True, exist_ok=True)
        for path in sounding:
            file = pq.ParquetFile(path)
            for index in range(file.num_row_groups):
                for row in file.read_row_group(index, columns=["clip_id", "audio"]).to_pylist():
                    _keep(_sound(clips, row["clip_id"]), row["audio"]["bytes"])


def _has_audio(path: Path) -> bool:
    return "audio" in pq.read_schema(path).names


def _keys(files: Mapping[str, Path]) -> dict[str, set[str]]:
    """Return the keys of each config's rows."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, path in files.items():
        key = pq.read_schema(path).names[0]
        found[parse_data_file(name)[0]].update(pq.read_table(path, columns=[key])[key].to_pylist())
    return found


def _wanted(files: Mapping[str, Path]) -> dict[str, list[Want]]:
    """Return the clips of each video."""
    wanted: dict[str, list[Want]] = defaultdict(list)
    clips = [held for path, held in files.items() if parse_data_file(path)[0] == CLIPS]
    if not clips:
        raise InputError("this release has no `clips`: it cannot be hydrated")
    for path in clips:
        if _has_audio(path):
            raise InputError("this release holds sound already")
        table = pq.read_table(path, columns=["clip_id", "video_id", "start_ms", "end_ms"])
        for row in table.to_pylist():
            wanted[row["video_id"]].append(Want(row["clip_id"], row["start_ms"], row["end_ms"]))
    return wanted


def _have_all(
    wanted: Mapping[str, Sequence[Want]], source: ClipSource, clips: Path, say: Callable[[str], None]
) -> dict[str, str | None]:
    """Write the sound of every clip that can be had; return why not, or None, by clip.

    What an earlier run that was stopped has written is not asked for again.
    """
    with storage_errors(clips):
        clips.mkdir(parents=True, exist_ok=True)
    fates: dict[str, str | None] = {}
    for video, wants in sorted(wanted.items()):
        there = [want for want in wants if _sound(clips, want.key).is_file()]
        fates |= dict.fromkeys((want.key for want in there), None)
        if left := [want for want in wants if want not in there]:
            say(f"{video}: {len(left)} clips")
            for key, found in source.sounds(video, left):
                fates[key] = found if isinstance(found, str) else None
                if isinstance(found, bytes):
                    _keep(_sound(clips, key), found)
    return fates


def _sound(clips: Path, key: str) -> Path:
    return clips / f"{key}.flac"


def _keep(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all."""
    half = path.with_suffix(".half")
    half.write_bytes(data)
    half.replace(path)


def _rewrite(path: str, held: Path, clips: Path) -> Path | None:
    """Write a data file with sound, of the clips that have it, into the scratch folder; None if there are none."""
    config, _ = parse_data_file(path)
    old = pq.read_schema(held)
    schema = clips_schema(_evidence(old), audio=True) if config == CLIPS else task_schema(audio=True)
    target = clips / path.replace("/", "--")
    rows = 0
    with DatasetWriter(target, schema) as writer:
        file = pq.ParquetFile(held)
        for index in range(file.num_row_groups):
            for row in file.read_row_group(index).to_pylist():
                sound = _sound(clips, row["clip_id"])
                if sound.is_file():
                    data = sound.read_bytes()
                    writer.add({**row, "audio": {"bytes": data, "path": sound.name}}, len(data))
                    rows += 1
    return target if rows else None


def _evidence(schema: Any) -> Any:
    """Return the columns of `clips` that `clips_schema` does not add itself."""
    for name in ("license", "source"):
        schema = schema.remove(schema.get_field_index(name))
    return schema.remove_metadata()


def _options(release: Path) -> dict[str, Any]:
    try:
        options = json.loads((release / MANIFEST).read_bytes())["options"]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{release / MANIFEST} cannot be read ({error}); is this a dataset of audsem-data?"
        ) from error
    return {name: value for name, value in options.items() if name not in ("history", "texts")} | {
        "audio": "repeat"
    }
