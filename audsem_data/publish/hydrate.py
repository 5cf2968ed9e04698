"""From a release of ids and texts to the same dataset with sound, cut anew from media that the user holds.

The sound of a clip is what `standardize` makes of the same file: mono, 32 kHz, 16 bit, the exact interval.
"""

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from audsem_data.core.errors import InputError
from audsem_data.core.keys import escape_video_id
from audsem_data.media.cut import Target, Want, cut_audio
from audsem_data.media.decode import decode_audio
from audsem_data.media.encode import encode_audio, to_int16
from audsem_data.media.names import MEDIA_SUFFIXES
from audsem_data.media.probe import Bounds, open_media
from audsem_data.media.reasons import MediaError
from audsem_data.publish.dataset import write_dataset
from audsem_data.publish.features import RATE, clips_schema, task_schema
from audsem_data.publish.layout import CLIPS, parse_data_file
from audsem_data.publish.manifest import MANIFEST
from audsem_data.publish.parquet import DatasetWriter

SURVIVAL = "survival.json"
_BOUNDS = Bounds(64 * 2**30, 43_200.0, 64, 8192 * 4320)
_END_TOLERANCE_MS = 50
_NO_MEDIA = "media_missing"

Row = dict[str, Any]


@dataclass(frozen=True)
class Survival:
    """What became of a release's clips: how many there are, how many have sound again, why others have not."""

    clips: int
    survived: int
    lost: Mapping[str, int]


def hydrate(release: Path, media: Path, out: Path, say: Callable[[str], None] = lambda line: None) -> Survival:
    """Make `out` the dataset of a release with sound from the files below `media`, named after their videos.

    A clip whose sound cannot be had is left out with its examples. `out` gets `survival.json` beside it.

    Raises:
        InputError: the release has no `clips`, or holds sound already; `out` is something else.
    """
    files = {path.relative_to(release).as_posix(): path for path in sorted(release.glob("data/*/*.parquet"))}
    wanted = _wanted(files)
    clips = out.with_name(f".{out.name}.clips")
    try:
        fates = _cut_all(wanted, _media_by_video(media), clips, say)
        made = {path: _rewrite(path, held, clips) for path, held in files.items()}
        kept = {path: written for path, written in made.items() if written is not None}
        write_dataset(out, kept, _options(release))
    finally:
        shutil.rmtree(clips, ignore_errors=True)
    lost = Counter(reason for reason in fates.values() if reason)
    survival = Survival(len(fates), len(fates) - lost.total(), dict(sorted(lost.items())))
    told = {"clips": survival.clips, "survived": survival.survived, "lost": survival.lost, "reasons": fates}
    out.with_name(f"{out.name}.{SURVIVAL}").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return survival


def _wanted(files: Mapping[str, Path]) -> dict[str, list[Want]]:
    """Return the clips of each video."""
    wanted: dict[str, list[Want]] = defaultdict(list)
    clips = [held for path, held in files.items() if parse_data_file(path)[0] == CLIPS]
    if not clips:
        raise InputError("this release has no `clips`: it cannot be hydrated")
    for path in clips:
        if "audio" in pq.read_schema(path).names:
            raise InputError("this release holds sound already")
        table = pq.read_table(path, columns=["clip_id", "video_id", "start_ms", "end_ms"])
        for row in table.to_pylist():
            wanted[row["video_id"]].append(Want(row["clip_id"], row["start_ms"], row["end_ms"]))
    return wanted


def _media_by_video(folder: Path) -> dict[str, Path]:
    """Return the media files of a folder by the video id that their name stands for; video comes before sound."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}")
    found = [path for path in folder.rglob("*") if path.suffix.lower().lstrip(".") in MEDIA_SUFFIXES]
    found.sort(key=lambda path: (-MEDIA_SUFFIXES.index(path.suffix.lower().lstrip(".")), path))
    return {escape_video_id(path.stem): path for path in found}


def _cut_all(
    wanted: Mapping[str, Sequence[Want]], media: Mapping[str, Path], clips: Path, say: Callable[[str], None]
) -> dict[str, str | None]:
    """Write the sound of every clip that can be had; return why not, or None, by clip."""
    clips.mkdir(parents=True, exist_ok=True)
    fates: dict[str, str | None] = {}
    for video, wants in sorted(wanted.items()):
        if video not in media:
            fates |= dict.fromkeys((want.key for want in wants), _NO_MEDIA)
            continue
        say(f"{video}: {len(wants)} clips")
        for key, found in _cut(media[video], wants):
            fates[key] = str(found.reason) if isinstance(found, MediaError) else None
            if not isinstance(found, MediaError):
                (clips / f"{key}.flac").write_bytes(found)
    return fates


def _cut(path: Path, wants: Sequence[Want]) -> Iterator[tuple[str, bytes | MediaError]]:
    try:
        with open_media(path, _BOUNDS) as media:
            rate = media.audio.codec_context.sample_rate
            for key, cut in cut_audio(decode_audio(media), wants, rate, Target(RATE, _END_TOLERANCE_MS)):
                yield key, cut if isinstance(cut, MediaError) else encode_audio(to_int16(cut.samples), RATE, "flac")
    except MediaError as error:
        yield from ((want.key, error) for want in wants)


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
                sound = clips / f"{row['clip_id']}.flac"
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
