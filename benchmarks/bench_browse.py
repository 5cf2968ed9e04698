"""How long the browser takes over 100,000 clips: the first view and filters, against reading all rows.

    python benchmarks/bench_browse.py [CLIPS]

Makes a workspace of synthetic clips (captions, tags, scores, outcomes; no sound), committed as stages commit, in a
temporary folder. Goals: first view below 1 s, a filter below 300 ms.
"""

import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.testclient import TestClient

from audsem_data.browse.server import application
from audsem_data.core.keys import clip_id
from audsem_data.core.outcome import OUTCOME_COLUMNS
from audsem_data.core.record import Record
from audsem_data.core.schema import Column
from audsem_data.core.stage import Stage
from audsem_data.models.audioset import labels
from audsem_data.report.library import open_library, rows_of
from audsem_data.runtime.context import Context, RunOptions
from audsem_data.runtime.session import Edits, existing_context, open_context
from audsem_data.storage.parquet import write_rows
from audsem_data.storage.reviews import Reviews

SHARD = 4096
FILTERS = {
    "a word of captions and tags": "text=thunder",
    "a stage and a reason": "stage=select-clips&reason=too_short",
    "a tag": "tag=Dog",
    "a task, kept, longest first": "task=mc_qa&kept=kept&order=longest",
    "a score between two": "score=duration&low=3000&high=5000&order=low",
    "nothing, the last page": "page=100000",
}


def main() -> None:
    """Print a line for each question: milliseconds, median and longest of five."""
    clips = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with TemporaryDirectory() as folder:
        root = Path(folder) / "w"
        make(root, clips)
        began = time.perf_counter()
        app = application(open_library(root), Reviews(root / "reviews.sqlite"))
        with TestClient(app, base_url="http://127.0.0.1") as client:
            first = client.get("/")
            assert first.status_code == 200 and f"{clips:,}" in first.text
            print(
                f"{clips:,} clips; from the open workspace to the first view: {time.perf_counter() - began:.2f} s"
            )
            for name, address in {"the first page again": "", **FILTERS}.items():
                print(f"{name:<32}{told(lambda address=address: client.get(f'/list?{address}'))}")
            print(f"{'one clip':<32}{told(lambda: client.get(f'/clip/{key(clips // 2)}'))}")
        app.state.browser.index.close()
        library = open_library(root)
        every = told(lambda: [rows_of(table, {key(0)}) for table in library.clips()], 1)
        print(f"{'beside: reading all rows once':<32}{every}")


def told(ask: Callable[[], Any], times: int = 5) -> str:
    """Return how long a question takes."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - began))
    return f"{sorted(took)[len(took) // 2]:8.0f} ms (longest {max(took):.0f})"


def key(number: int) -> str:
    """Return the id of a clip: fifty a video."""
    return clip_id(f"video{number // 50:06d}", number % 50 * 10_000, number % 50 * 10_000 + 2000 + number % 7000)


def make(root: Path, clips: int) -> None:
    """Commit the stages that the browser reads."""
    open_context(root, Edits("offline", stage="annotate-beats"), RunOptions())
    context = existing_context(root)
    rng = random.Random(0)
    words = [label.lower() for label in labels()]
    tasks = ("captioning", "mc_qa", "open_qa", "creative_writing")
    for shard, start in enumerate(range(0, clips, SHARD)):
        numbers = range(start, min(start + SHARD, clips))
        keys = [key(number) for number in numbers]
        captions = [f"{rng.choice(words)} and {rng.choice(words)}" for _ in keys]
        commit(context, "select-captions", shard, keys, {"caption": captions})
        lengths = [2000 + number % 7000 for number in numbers]
        commit(context, "score-duration", shard, keys, {"duration_ms": lengths})
        tags = [[{"label": label, "score": 0.5} for label in rng.sample(labels(), 5)] for _ in keys]
        commit(context, "combine", shard, keys, {"caption": captions})
        commit(context, "annotate-beats", shard, keys, {"tags": tags})
        keep = [length >= 3000 for length in lengths]
        why = [None if one else "too_short" for one in keep]
        commit(context, "select-clips", shard, keys, {"keep": keep, "reason": why})
        for task in tasks:
            written = [one for one, kept in zip(keys, keep, strict=True) if kept]
            commit(context, f"generate-{task.replace('_', '-')}", shard, written, {"task": [task] * len(written)})


def commit(
    context: Context, name: str, shard: int, keys: Sequence[str], values: Mapping[str, Sequence[Any]]
) -> None:
    """Commit a shard of a stage with these columns; all others hold something empty."""
    stage = context.stages[name]
    workspace, folder = context.workspace, context.root / f"{stage.name}/v{stage.version}"
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(range(len(keys)), key=lambda place: keys[place].encode())
    rows = [_row(stage, keys[place], {name: held[place] for name, held in values.items()}) for place in ordered]
    data = _write(folder / ".data", stage.columns, rows)
    outcomes = [
        {"key": keys[p], "outcome": "done", "reason": None, "detail": None, "attempts": 1, "input_digest": ""}
        for p in ordered
    ]
    fates = _write(folder / ".outcomes", OUTCOME_COLUMNS, outcomes)
    record = Record(
        stage.name,
        stage.version,
        shard,
        "",
        {},
        workspace.publish(stage, data, "part", shard, "parquet"),
        workspace.publish(stage, fates, "outcomes", shard, "parquet"),
        None,
        len(rows),
        len(rows),
        {"done": len(rows)},
        {},
    )
    workspace.commit(stage, record, None)
    if name == "select-captions":
        videos = {one.rsplit("_", 2)[0]: shard for one in keys}
        workspace.save_partition({**workspace.partition(), **videos})


def _row(stage: Stage, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    video, start, end = name.rsplit("_", 2)
    known = {"clip_id": name, "video_id": video, "start_ms": int(start), "end_ms": int(end), **values}
    if stage.key.name == "example_id":
        known |= {"example_id": f"{name}_{values['task']}_simple_0"}
    return {column.name: known.get(column.name, _empty(column)) for column in stage.columns}


def _empty(column: Column) -> Any:
    if column.nullable:
        return None
    kind = str(column.type)
    return "" if kind == "string" else [] if kind.startswith("list") else 0 if "int" in kind else False


def _write(path: Path, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> Path:
    write_rows(path, columns, rows)
    return path


if __name__ == "__main__":
    main()
