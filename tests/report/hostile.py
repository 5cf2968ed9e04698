"""A library whose every text is markup, script, control characters, turned writing, or far too long."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from audsem_data.core.layout import StageHistory
from audsem_data.publish.statistics import Statistics
from audsem_data.report.library import Refusal, columns_of

RIGHT_TO_LEFT = "\u202edlrow olleh \u05d0\u05d1\u05d2 \u2067"
HOSTILE = (
    "<script>window.harmed = 1</script>",
    "</script><script>window.harmed = 2</script>",
    "<!--<script>",
    '"><img src=x onerror="window.harmed = 3">',
    "'; window.harmed = 4; //",
    "javascript:window.harmed=5",
    "{{ 7 * 7 }} {% raw %}",
    "bell \x07 null \x00 escape \x1b[31m",
    RIGHT_TO_LEFT,
    "w" * 10_000,
    "many words " * 900,
)
DESCRIPTOR = "physical_sources"


class HostileLibrary:
    """One clip for each text, with sound, tags by the second, embeddings and examples."""

    name, is_workspace = HOSTILE[0], True

    def history(self) -> Sequence[StageHistory]:
        """Return one stage that says such things too."""
        counts = {"done": 1, f"filtered:{HOSTILE[3]}": 2}
        return [StageHistory("select-clips", HOSTILE[1], 3, 1, counts, {}, None, {"config": {"a": HOSTILE[4]}})]

    def clips(self, columns: Collection[str] | None = None) -> Iterator[pa.Table]:
        """Yield the clips."""
        points = np.random.default_rng(0).normal(size=(len(HOSTILE), 8))
        rows = [self._row(number, text, points[number]) for number, text in enumerate(HOSTILE)]
        table = pa.Table.from_pylist(rows)
        yield columns_of(table, columns if columns is None else {*columns, "clip_id"})

    def _row(self, number: int, text: str, point: Any) -> dict[str, Any]:
        seconds = [{"second": second, "tags": [{"label": text, "score": 0.5}]} for second in range(2)]
        return {
            "clip_id": f"x_00000{number:04d}_000010000",
            "start_ms": number,
            "end_ms": 10_000,
            "caption": text,
            "keep": number % 2 == 0,
            "reason": None if number % 2 == 0 else text,
            "beats": {"tags": [{"label": "Speech", "score": 0.9}, {"label": text, "score": 0.1}]},
            "sat": {"seconds": seconds},
            "embed_clap_text": {"embedding": point.tolist()},
        }

    def examples(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield an example of each text."""
        rows = [self._example(number, text) for number, text in enumerate(HOSTILE)]
        yield columns_of(pa.Table.from_pylist(rows), columns)

    def _example(self, number: int, text: str) -> dict[str, Any]:
        clip_id = f"x_00000{number:04d}_000010000"
        said = {"question": text, "choices": [text, "b", "c", "d"], "thinking": text, "answer": text}
        named = {"example_id": f"{clip_id}_mc_qa_semantic_0", "clip_id": clip_id, "task": "mc_qa"}
        return {**named, "variant": "semantic", **said, "semantic_elements": {DESCRIPTOR: [text]}}

    def refusals(self) -> Iterator[Refusal]:
        """Yield a refusal of each text."""
        return (Refusal("x", "mc_qa", "simple", 1, "judged", text, final=True) for text in HOSTILE)

    def statistics(self) -> Statistics | None:
        """Return nothing."""
        return None

    def media(self, keys: Collection[str]) -> Iterator[tuple[str, Mapping[str, bytes]]]:
        """Yield one and a half seconds of a tone for each."""
        stream = BytesIO()
        soundfile.write(stream, np.sin(np.arange(48_000) * 0.1).astype(np.float32) / 2, 32_000, format="FLAC")
        return ((key, {"flac": stream.getvalue()}) for key in keys)


def write_hostile_dataset(folder: Path) -> None:
    """Write a dataset of the same clips, with sound, and an example of each text."""
    library = HostileLibrary()
    sounds = dict(library.media([f"x_00000{number:04d}_000010000" for number in range(len(HOSTILE))]))
    clips = next(library.clips({"caption", "start_ms", "end_ms", "beats", "sat"}))
    audio = [{"bytes": sounds[key]["flac"], "path": f"{key}.flac"} for key in clips["clip_id"].to_pylist()]
    clips = clips.append_column("video_id", pa.array(["x"] * len(clips))).append_column("audio", pa.array(audio))
    names = ["example_id", "clip_id", "task", "variant", "question", "choices", "thinking", "answer"]
    examples = next(library.examples([*names, "semantic_elements"]))
    for config, table in (("clips", clips), ("mc_qa_semantic", examples)):
        (folder / "data" / config).mkdir(parents=True)
        pq.write_table(table, folder / "data" / config / "train-00000-of-00001.parquet")
