"""What a dataset holds, counted from the columns of its files: the figures of its card."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audsem_data.publish.features import LETTERS
from audsem_data.publish.layout import CLIPS, CONFIGS, parse_data_file


@dataclass(frozen=True)
class Texts:
    """A task config: how many words its texts have on average, and how often each letter is right."""

    config: str
    examples: int
    thinking_words: float
    answer_words: float
    letters: Sequence[int]


@dataclass(frozen=True)
class Evidence:
    """For how many clips an annotator has a result, leaves such clips out, or has none that it should have."""

    column: str
    there: int
    not_applicable: int
    missing: int


@dataclass(frozen=True)
class Statistics:
    """Clips, videos, hours and seconds a clip; the evidence of every annotator; the texts of every task config.

    `licence` is that of all clips; None where they differ, or any states none.
    """

    clips: int
    videos: int
    hours: float
    seconds: float
    evidence: Sequence[Evidence]
    texts: Sequence[Texts]
    licence: str | None


def count_all(files: Mapping[str, Path]) -> Statistics:
    """Read the columns that are counted, a file at a time; `files` maps paths in the dataset to files."""
    clips, milliseconds, videos, licences = 0, 0, set[str](), set[str | None]()
    for table in _tables(files, CLIPS, ["video_id", "start_ms", "end_ms", "license"]):
        licences.update(table["license"].to_pylist())
        clips += table.num_rows
        milliseconds += pc.sum(pc.subtract(table["end_ms"], table["start_ms"])).as_py() or 0
        videos.update(table["video_id"].to_pylist())
    texts = [found for config in CONFIGS if config != CLIPS and (found := _texts(files, config))]
    evidence = list(_evidence(files))
    one = licences.pop() if len(licences) == 1 else None
    hours, seconds = milliseconds / 3.6e6, milliseconds / 1000 / max(clips, 1)
    return Statistics(clips, len(videos), hours, seconds, evidence, texts, one)


def _evidence(files: Mapping[str, Path]) -> Iterator[Evidence]:
    """Yield the state of every annotator's column of `clips`, each of which is a struct."""
    there, absent = Counter[str](), {name: Counter[str]() for name in ("missing", "not_applicable")}
    for path in sorted(files):
        if parse_data_file(path)[0] != CLIPS:
            continue
        structs = [f.name for f in pq.read_schema(files[path]) if pa.types.is_struct(f.type) and f.name != "audio"]
        table = pq.read_table(files[path], columns=[*structs, *absent])
        there.update({name: table.num_rows - table[name].null_count for name in structs})
        for name, counts in absent.items():
            stages = pc.struct_field(pc.list_flatten(table[name]), "stage").to_pylist()
            counts.update(stage.removeprefix("annotate-").replace("-", "_") for stage in stages)
    for name in sorted(there):
        yield Evidence(name, there[name], absent["not_applicable"][name], absent["missing"][name])


def _texts(files: Mapping[str, Path], config: str) -> Texts | None:
    examples, letters, words = 0, Counter[int](), Counter[str]()
    for table in _tables(files, config, ["thinking", "answer", "answer_index"]):
        examples += table.num_rows
        letters.update(index for index in table["answer_index"].to_pylist() if index is not None)
        for name in ("thinking", "answer"):
            words[name] += sum(len(text.split()) for text in table[name].to_pylist())
    if not examples:
        return None
    thinking, answer = (words[name] / examples for name in ("thinking", "answer"))
    return Texts(config, examples, thinking, answer, [letters[place] for place in range(len(LETTERS))])


def _tables(files: Mapping[str, Path], config: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    for path in sorted(files):
        if parse_data_file(path)[0] == config:
            yield pq.read_table(files[path], columns=list(columns))
