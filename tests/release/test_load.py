"""The dataset as its users meet it: through `datasets`, without torchcodec."""

import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
import yaml

from audsem_data.core.keys import parse_clip_id
from audsem_data.publish.layout import CONFIGS, SEMANTIC_CONFIGS

Load = Callable[..., Any]
# Kept clips: videos of the split in conftest, four of five clips each; examples a clip.
VIDEOS = {"train": 7, "validation": 1, "test": 2}
PER_CLIP = {"captioning": 1, "mc_qa": 3, "open_qa": 2, "creative_writing": 1, "clips": 1}


def rows_of(config: str, split: str) -> int:
    if config == "default":
        return sum(rows_of(name, split) for name in SEMANTIC_CONFIGS)
    return VIDEOS[split] * 4 * PER_CLIP[config.removesuffix("_semantic")]


def undecoded(loaded: Any) -> Any:
    from datasets import Audio

    return loaded.cast_column("audio", Audio(decode=False)) if "audio" in loaded.features else loaded


@pytest.mark.parametrize("streaming", [False, True], ids=["local", "streaming"])
@pytest.mark.parametrize("config", ["default", *CONFIGS])
def test_every_config_and_split_loads(dataset: Path, load: Load, config: str, streaming: bool) -> None:
    splits = load(dataset, config, streaming=streaming)
    assert list(splits) == ["train", "validation", "test"]
    for name, split in splits.items():
        rows = list(undecoded(split))
        assert len(rows) == rows_of(config, name)
        key = "clip_id" if config == "clips" else "example_id"
        assert len({row[key] for row in rows}) == len(rows)
        for row in rows:
            samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
            assert (rate, len(samples)) == (32_000, 32 * (row["end_ms"] - row["start_ms"]))
            assert row["audio"]["path"] == f"{row['clip_id']}.flac"
            assert parse_clip_id(row["clip_id"]) == (row["video_id"], row["start_ms"], row["end_ms"])


def test_bare_call_gives_the_semantic_examples_of_all_tasks(dataset: Path, load: Load) -> None:
    train = load(dataset)["train"].remove_columns("audio")
    assert Counter(train["task"]) == {task: rows_of(task, "train") for task in PER_CLIP if task != "clips"}
    assert set(train["variant"]) == {"semantic"}
    assert all(row["auditory_attributes"] == ["not evident"] for row in train["semantic_elements"])


def test_choices_letters_and_nulls(dataset: Path, load: Load) -> None:
    mc = load(dataset, "mc_qa", split="train").remove_columns("audio")
    assert all(row["choices"][row["answer_index"]] == row["answer"] for row in mc)
    assert mc.features["answer_index"].names == ["A", "B", "C", "D"]
    counts = Counter(mc["answer_index"])
    assert max(counts.values()) - min(counts.values()) <= 3  # one for each of the three shards
    other = load(dataset, "captioning", split="train").remove_columns("audio")
    for column in ("answer_index", "choices", "semantic_elements"):
        assert all(value is None for value in other[column])


def test_clips_carry_caption_and_evidence(dataset: Path, load: Load) -> None:
    clips = load(dataset, "clips", split="train").remove_columns("audio")
    row = clips[0]
    assert row["caption"] == row["clip_id"]
    assert row["missing"] == []
    assert (row["license"], row["source"]) == (None, "local")
    evidence = {name["video_id"]: name["acoustics"] for name in clips}
    assert evidence["v00"] is None  # a shard without any is loaded like the others
    assert evidence["v07"]["level_dbfs"] == [-1.5, -2.5]


def test_no_video_is_in_two_splits_and_every_config_agrees(dataset: Path, load: Load) -> None:
    place: dict[str, set[str]] = {}
    for config in ("default", *CONFIGS):
        for name, split in load(dataset, config).items():
            for video in split["video_id"]:
                place.setdefault(video, set()).add(name)
    assert len(place) == sum(VIDEOS.values())
    assert all(len(names) == 1 for names in place.values())


def test_four_nodes_cover_each_row_once(dataset: Path, load: Load) -> None:
    from datasets.distributed import split_dataset_by_node

    stream = load(dataset, split="train", streaming=True, columns=["example_id"])
    nodes = [list(split_dataset_by_node(stream, rank, 4)) for rank in range(4)]
    seen = Counter(row["example_id"] for node in nodes for row in node)
    assert len(seen) == rows_of("default", "train")
    assert set(seen.values()) == {1}


def test_audio_decodes_where_torchcodec_is_installed(dataset: Path, load: Load) -> None:
    pytest.importorskip(
        "torchcodec", reason="torchcodec is not installed: decoding is NOT tested", exc_type=ImportError
    )
    row = load(dataset, "clips", split="train")[0]
    samples = row["audio"].get_all_samples()
    assert samples.sample_rate == 32_000
    assert samples.data.shape == (1, 32 * (row["end_ms"] - row["start_ms"]))


@pytest.mark.parametrize("streaming", [False, True], ids=["local", "streaming"])
def test_columns_and_filters_are_pushed_down(dataset: Path, load: Load, streaming: bool) -> None:
    texts = load(dataset, "mc_qa", split="train", columns=["example_id", "question"], streaming=streaming)
    assert {tuple(row) for row in texts} == {("example_id", "question")}
    # A filtered local load has fewer rows than the README counts, so the count must not be checked.
    more = {"streaming": True} if streaming else {"verification_mode": "no_checks"}
    only = [("video_id", "==", "v05")]
    video = undecoded(load(dataset, "clips", split="train", filters=only, **more))
    assert [row["video_id"] for row in video] == ["v05"] * 4


def test_readme_and_manifest_count_what_is_there(dataset: Path) -> None:
    readme = (dataset / "README.md").read_text()
    header = yaml.safe_load(readme.split("---\n")[1])
    info = {entry["config_name"]: entry for entry in header["dataset_info"]}
    assert set(info) == {"default", *CONFIGS}
    for config, entry in info.items():
        assert {split["name"]: split["num_examples"] for split in entry["splits"]} == {
            split: rows_of(config, split) for split in VIDEOS
        }
    assert header["size_categories"] == ["n<1K"]
    manifest = json.loads((dataset / "manifest.json").read_text())
    on_disk = {str(path.relative_to(dataset)): path.stat().st_size for path in dataset.rglob("*.*")}
    assert {path: entry["bytes"] for path, entry in manifest["files"].items()} == {
        path: size for path, size in on_disk.items() if path != "manifest.json"
    }


@pytest.mark.parametrize(("audio", "with_audio"), [("once", {"clips"}), ("none", set())])
def test_releases_with_less_audio_keep_names_and_rows(
    workspace: Any, load: Load, audio: str, with_audio: set[str]
) -> None:
    folder = workspace.assemble(audio=audio)
    for config in ("default", *CONFIGS):
        for name, split in load(folder, config).items():
            assert ("audio" in split.features) == (config in with_audio)
            assert split.num_rows == rows_of(config, name)
            assert len(undecoded(split)[0]["clip_id"]) > 0


def test_splits_without_videos_are_simply_absent(workspace: Any, load: Load) -> None:
    workspace.exclude = frozenset(["v72", "v112", "v114"])
    splits = load(workspace.assemble())
    assert list(splits) == ["train"]


def test_a_dataset_without_train_still_loads(workspace: Any, load: Load) -> None:
    workspace.exclude = frozenset(["v00", "v01", "v%20x", "v04", "v05", "v06", "v07"])
    splits = load(workspace.assemble())
    assert list(splits) == ["validation", "test"]
