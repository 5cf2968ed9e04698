"""Whether a folder is a dataset of this shape, whole and fit for the Hub: every check, and what to do about it.

A check yields one line for each problem: what, where, what to do. Nothing is changed.
"""

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
import yaml

from audsem_data.core.errors import AudsemError, CorruptionError
from audsem_data.publish.contents import ConfigContents, read_contents
from audsem_data.publish.features import LETTERS, yaml_features
from audsem_data.publish.layout import CLIPS, CONFIGS, parse_data_file
from audsem_data.publish.manifest import MANIFEST, files_of
from audsem_data.publish.readme import README
from audsem_data.publish.secrets import find_secret
from audsem_data.publish.splits import SPLITS
from audsem_data.storage.digests import file_sha256

# The Hub's viewer reads a page of 100 rows at a time, and gives up where that takes more than 300 MB.
PAGE_ROWS, PAGE_BYTES = 100, 300_000_000
FOLDER_FILES = 10_000
DURATION_TOLERANCE = 0.06  # seconds between an audio and its interval
_NAME = re.compile(rf"data/({'|'.join(CONFIGS)})/({'|'.join(SPLITS)})-(\d{{5}})-of-(\d{{5}})\.parquet")

Problems = Iterator[str]


@dataclass
class Dataset:
    """A folder under check: its manifest, its data files by path, and what their footers say."""

    folder: Path
    excluded: frozenset[str] = frozenset()
    manifest: Mapping[str, Any] = field(default_factory=dict)
    contents: Mapping[str, ConfigContents] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, Path]:
        """The data files, by their path in the dataset."""
        return {path: self.folder / path for path in files_of(self.folder) if path.startswith("data/")}


def check_dataset(
    folder: Path, excluded: frozenset[str] = frozenset(), progress: Callable[[str], None] = lambda path: None
) -> list[str]:
    """Return every problem of a dataset; an empty list means that it can be published.

    Args:
        folder: what `assemble` made, or a copy of it from the Hub.
        excluded: video ids that it must not hold.
        progress: is told each data file before its rows are read.
    """
    dataset = Dataset(folder, excluded)
    problems = list(_manifest(dataset)) or [*_names(dataset), *_contents(dataset)]
    if not problems:
        problems = [*_readme(dataset), *_viewer(dataset), *_texts(dataset), *_rows(dataset, progress)]
    return problems


def check_bytes(folder: Path) -> int:
    """Compare every byte of a dataset with its manifest; returns how many files; raises CorruptionError."""
    dataset = Dataset(folder)
    if problems := list(_manifest(dataset)):
        more = f", and {len(problems) - 1} problems more" if len(problems) > 1 else ""
        raise CorruptionError(f"{folder}: {problems[0]}{more}")
    return len(dataset.manifest["files"])


def _manifest(dataset: Dataset) -> Problems:
    path = dataset.folder / MANIFEST
    try:
        dataset.manifest = json.loads(path.read_bytes())
        listed = {name: (entry["bytes"], entry["sha256"]) for name, entry in dataset.manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield f"{path} cannot be read ({error}): this is no finished dataset; run assemble again"
        return
    found = set(files_of(dataset.folder)) - {MANIFEST, ".gitattributes"}
    for name in sorted(found - listed.keys()):
        yield f"{name} is not in {MANIFEST}: remove it, or run assemble again"
    for name, (size, sha256) in listed.items():
        if name not in found:
            yield f"{name} is missing: fetch it again, or run assemble again"
        elif (dataset.folder / name).stat().st_size != size or file_sha256(dataset.folder / name) != sha256:
            yield f"{name} is not what {MANIFEST} says (its SHA-256 differs): fetch it again, or run assemble again"


def _names(dataset: Dataset) -> Problems:
    numbers: dict[tuple[str, str, str], list[int]] = {}
    for path in dataset.files:
        if not (found := _NAME.fullmatch(path)):
            yield f"{path} is not named data/CONFIG/SPLIT-NNNNN-of-NNNNN.parquet: no loader will find it"
            continue
        numbers.setdefault((found[1], found[2], found[4]), []).append(int(found[3]))
    for (config, split, total), held in numbers.items():
        if sorted(held) != list(range(int(total))):
            yield f"data/{config}/{split}: {len(held)} files where their names say {int(total)}"
    for name, count in Counter(str(Path(path).parent) for path in dataset.files).items():
        if count >= FOLDER_FILES:
            yield f"{name} holds {count} files, and the Hub takes {FOLDER_FILES}: raise assemble.max_file_mb"


def _contents(dataset: Dataset) -> Problems:
    try:
        dataset.contents = read_contents(dataset.files)
    except AudsemError as error:
        yield str(error)
        return
    if not any(held.rows for config in dataset.contents.values() for held in config.splits.values()):
        yield "the dataset holds no rows: nothing was kept, or nothing was found; look at `audsem-data status`"
    told = dataset.manifest.get("configs", {})
    for name, config in dataset.contents.items():
        rows = {split: held.rows for split, held in config.splits.items()}
        if told.get(name, {}).get("rows") != rows:
            yield f"{MANIFEST} counts {told.get(name, {}).get('rows')} rows of {name}, its files {rows}"


def _readme(dataset: Dataset) -> Problems:
    text = (dataset.folder / README).read_text(encoding="utf-8")
    try:
        about = yaml.safe_load(text.split("---\n")[1])
        infos = {info["config_name"]: info for info in about["dataset_info"]}
        paths = {config["config_name"]: config["data_files"] for config in about["configs"]}
    except (yaml.YAMLError, IndexError, KeyError, TypeError) as error:
        yield f"{README} does not begin with the YAML that the Hub reads ({error}): run assemble again"
        return
    for name, config in dataset.contents.items():
        info = infos.get(name, {})
        if info.get("features") != yaml_features(config.features):
            yield f"{README}: the features of {name} are not those of its files"
        rows = {split["name"]: split["num_examples"] for split in info.get("splits", ())}
        if rows != {split: held.rows for split, held in config.splits.items()}:
            yield f"{README}: the rows of {name} are not those of its files"
        if {entry["split"] for entry in paths.get(name, ())} != config.splits.keys():
            yield f"{README}: the splits of {name} are not those of its files"
    if left := re.search(r"\[More Information Needed\]|\{\{|\}\}", text):
        yield f"{README} holds {left[0]!r}: a field was left unfilled"


def _viewer(dataset: Dataset) -> Problems:
    for name, path in dataset.files.items():
        footer = pq.read_metadata(path)
        for index in range(footer.num_row_groups):
            group = footer.row_group(index)
            per_page = group.total_byte_size * min(1, PAGE_ROWS / max(group.num_rows, 1))
            if per_page > PAGE_BYTES:
                yield f"{name}: a page of group {index} takes {per_page / 1e6:.0f} MB; the viewer allows 300"
            for place in range(group.num_columns):
                column = group.column(place)
                if not column.has_offset_index:
                    yield f"{name} has no page index: it was not written by assemble"
                    return
                if column.path_in_schema == "audio.bytes" and column.compression != "UNCOMPRESSED":
                    yield f"{name}: audio is compressed ({column.compression}), so equal clips are stored twice"
                    return


def _texts(dataset: Dataset) -> Problems:
    for name in (README, MANIFEST):
        if secret := find_secret((dataset.folder / name).read_text(encoding="utf-8")):
            yield f"{name} holds what looks like an access token ({secret}): remove it, and revoke the token"


def _rows(dataset: Dataset, progress: Callable[[str], None]) -> Problems:
    """Read every row once: ids, splits, choices, sound, secrets."""
    split_of: dict[str, str] = {}
    seen: dict[str, set[str]] = {config: set() for config in CONFIGS}
    clips = _clip_ids(dataset)
    for name, row in _every_row(dataset, progress):
        config, split = parse_data_file(name)
        key, video = row["clip_id" if config == CLIPS else "example_id"], row["video_id"]
        if key in seen[config]:
            yield f"{name}: {key} stands twice"
        seen[config].add(key)
        if split_of.setdefault(video, split) != split:
            yield f"{name}: {key} is of a video that is in {split_of[video]} too"
        if video in dataset.excluded:
            yield f"{name}: {key} is of a video that is to be left out: run assemble again"
        if clips is not None and row["clip_id"] not in clips:
            yield f"{name}: {key} is of a clip that `{CLIPS}` does not hold"
        yield from (f"{name}: {key}: {problem}" for problem in _row(row))


def _every_row(dataset: Dataset, progress: Callable[[str], None]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (file, row), holding one row group."""
    for name, path in dataset.files.items():
        progress(name)
        file = pq.ParquetFile(path)
        for index in range(file.num_row_groups):
            yield from ((name, row) for row in file.read_row_group(index).to_pylist())


def _clip_ids(dataset: Dataset) -> set[str] | None:
    tables = [
        pq.read_table(path, columns=["clip_id"])
        for name, path in dataset.files.items()
        if name.startswith(f"data/{CLIPS}/")
    ]
    return set(pa.concat_tables(tables)["clip_id"].to_pylist()) if tables else None


def _row(row: Mapping[str, Any]) -> Problems:
    choices, letter = row.get("choices"), row.get("answer_index")
    if row.get("task") == "mc_qa" and (
        choices is None or len(set(choices)) != len(LETTERS) or letter is None or choices[letter] != row["answer"]
    ):
        yield "its answer is not the option that its letter names, of four different ones"
    texts = [value for value in row.values() if isinstance(value, str)]
    if secret := next((found for text in texts if (found := find_secret(text))), None):
        yield f"a text holds what looks like an access token ({secret})"
    if "audio" in row:
        yield from _sound(row)


def _sound(row: Mapping[str, Any]) -> Problems:
    audio = row["audio"]
    if not audio or not audio["bytes"]:
        yield "it has no audio"
        return
    try:
        with soundfile.SoundFile(io.BytesIO(audio["bytes"])) as file:
            samples, rate = file.read(dtype="int16"), file.samplerate
    except (soundfile.LibsndfileError, RuntimeError) as error:
        yield f"its audio does not decode ({error})"
        return
    wanted = (row["end_ms"] - row["start_ms"]) / 1000
    if abs(len(samples) / rate - wanted) > DURATION_TOLERANCE:
        yield f"its audio lasts {len(samples) / rate:.3f} s, its interval {wanted:.3f} s"
