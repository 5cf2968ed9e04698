"""A small workspace made here: three shards of kept and dropped clips, real FLAC in tars, examples of all tasks."""

import hashlib
import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.core.keys import clip_id
from audsem_data.core.layout import Part
from audsem_data.stages.release.assemble import AssembleConfig, open_assemble
from audsem_data.storage.tars import TarWriter

# By the hash of their ids: v112 and v114 fall into test, v72 into validation, the others into train.
SHARDS = (("v00", "v01", "v112", "v%20x"), ("v04", "v114", "v05"), ("v06", "v72", "v07"))
CLIPS_PER_VIDEO = 5
PER_CLIP = {"captioning": 1, "mc_qa": 3, "open_qa": 2, "creative_writing": 1}
ELEMENTS = pa.struct([(name, pa.list_(pa.string())) for name in DESCRIPTORS])
ACOUSTICS = pa.struct(
    [
        pa.field("loudness_lufs", pa.float32(), metadata={"unit": "LUFS"}),
        pa.field("level_dbfs", pa.list_(pa.float32())),
        pa.field("onset_count", pa.int32()),
    ]
)
ABSENT = pa.list_(pa.struct([("stage", pa.string()), ("reason", pa.string())]))


@dataclass
class Workspace:
    """An Upstream over tables and tars; `out` takes the parts, `folder` the dataset."""

    folder: Path
    tables: dict[tuple[str, int], pa.Table] = field(default_factory=dict)
    exclude: frozenset[str] = frozenset()
    serial: Iterator[int] = field(default_factory=itertools.count)

    def shards(self, stage: str) -> Sequence[int]:
        return sorted(shard for name, shard in self.tables if name == stage)

    def table(self, stage: str, shard: int, columns: Sequence[str] | None = None) -> pa.Table:
        table = self.tables[stage, shard]
        return table if columns is None else table.select(list(columns))

    def tar(self, stage: str, shard: int) -> Path:
        return self.folder / f"{stage}-{shard}.tar"

    def excluded(self, video_id: str) -> bool:
        return video_id in self.exclude

    def build(self, **options: Any) -> list[tuple[Part, Path]]:
        """Plan and build every part; returns them with their files."""
        assembly = open_assemble.open(AssembleConfig(**options))
        parts = []
        for part in assembly.plan(self, {}).parts:
            path = self.folder / f"part-{part.index:05d}-{next(self.serial)}.parquet"
            written = list(assembly.build(part, self, path))
            assert len(written) == part.payload["rows"]
            parts.append((part, path))
        return parts

    def finish(self, parts: Sequence[tuple[Part, Path]], **options: Any) -> Path:
        open_assemble.open(AssembleConfig(**options)).finish(parts, self.folder)
        return self.folder / "audsem"

    def assemble(self, **options: Any) -> Path:
        return self.finish(self.build(**options), **options)


def make_workspace(folder: Path) -> Workspace:
    workspace = Workspace(folder)
    for shard, videos in enumerate(SHARDS):
        fill_shard(workspace, shard, sorted(videos))
    return workspace


def fill_shard(workspace: Workspace, shard: int, videos: Sequence[str]) -> None:
    clips = [(video, n * 2000, n * 2000 + 100 + 7 * n) for video in videos for n in range(CLIPS_PER_VIDEO)]
    clips.sort(key=lambda clip: clip_id(*clip).encode())
    keys = [clip_id(*clip) for clip in clips]
    sounds = [_flac(key, 32 * (end - start)) for key, (_, start, end) in zip(keys, clips, strict=True)]
    with TarWriter(workspace.tar("standardize", shard)) as tar:
        for key, sound in zip(keys, sounds, strict=True):
            tar.add(key, {"flac": sound, "json": b"{}", "mp4": b"video"})
    interval = {"clip_id": keys} | {
        name: [clip[place] for clip in clips] for place, name in enumerate(("video_id", "start_ms", "end_ms"))
    }
    workspace.tables["standardize", shard] = pa.table(
        {
            **interval,
            "samples": [32 * (end - start) for _, start, end in clips],
            "audio_sha256": [hashlib.sha256(sound).hexdigest() for sound in sounds],
            "audio_bytes": [len(sound) for sound in sounds],
        }
    )
    # The last clip of each video is not kept.
    keep = [start < 2000 * (CLIPS_PER_VIDEO - 1) for _, start, _ in clips]
    workspace.tables["select-clips", shard] = pa.table({"clip_id": keys, "keep": keep})
    workspace.tables["combine", shard] = pa.table(
        {
            **interval,
            "text": [f"[{key}]" for key in keys],
            "caption": keys,
            "acoustics": pa.array([_acoustics(n, shard) for n in range(len(keys))], ACOUSTICS),
            "missing": pa.array([[] for _ in keys], ABSENT),
            "not_applicable": pa.array([[] for _ in keys], ABSENT),
            "complete": [True] * len(keys),
        }
    )
    kept = [key for key, kept in zip(keys, keep, strict=True) if kept]
    for task, number in PER_CLIP.items():
        rows = [
            example(key, task, variant, k)
            for key in kept
            for variant in ("semantic", "simple")
            for k in range(number)
        ]
        rows.sort(key=lambda row: row["example_id"].encode())
        workspace.tables[f"generate-{task.replace('_', '-')}", shard] = pa.Table.from_pylist(rows, _WRITTEN)


def _acoustics(n: int, shard: int) -> dict[str, Any] | None:
    # Shard 0 has none at all: its column must still have the type of the others.
    return {"loudness_lufs": -20.5 - n, "level_dbfs": [-1.5, -2.5], "onset_count": n} if shard else None


def _flac(key: str, samples: int) -> bytes:
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, samples)
    out = io.BytesIO()
    soundfile.write(out, noise, 32_000, format="FLAC", subtype="PCM_16")
    return out.getvalue()


_WRITTEN = pa.schema(
    [
        ("example_id", pa.string()),
        ("clip_id", pa.string()),
        ("task", pa.string()),
        ("variant", pa.string()),
        ("question", pa.string()),
        ("choices", pa.list_(pa.string())),
        ("thinking", pa.string()),
        ("semantic_elements", ELEMENTS),
        ("answer", pa.string()),
        ("writer", pa.string()),
    ]
)


def example(key: str, task: str, variant: str, k: int) -> dict[str, Any]:
    return {
        "example_id": f"{key}_{task}_{variant}_{k}",
        "clip_id": key,
        "task": task,
        "variant": variant,
        "question": f"What is heard in {key}?",
        "choices": ["right", "wrong 1", "wrong 2", "wrong 3"] if task == "mc_qa" else None,
        "thinking": f"thinking about {key} {k}",
        "semantic_elements": {name: ["not evident"] for name in DESCRIPTORS} if variant == "semantic" else None,
        "answer": "right",
        "writer": "rules",
    }


@pytest.fixture(scope="session", autouse=True)
def _offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
        yield


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset with all options at their defaults, to be read only."""
    return make_workspace(tmp_path_factory.mktemp("workspace")).assemble()


@pytest.fixture(scope="session")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Return `datasets.load_dataset` with a cache of its own."""
    from datasets import load_dataset

    cache = tmp_path_factory.mktemp("cache")
    return lambda folder, *args, **more: load_dataset(str(folder), *args, cache_dir=str(cache), **more)
