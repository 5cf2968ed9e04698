"""What annotators see in the clips' own pictures, with tiny models of the real architectures: tars to evidence."""

import shutil
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import av
import datasets
import numpy as np
import pyarrow.parquet as pq
import pytest

from audsem_data import Project
from audsem_data.core.model import Device
from audsem_data.core.stage import Frames
from audsem_data.media import clips
from audsem_data.media.clip_frames import ClipFrames, choose, decode_frames
from audsem_data.models.blip import Blip
from audsem_data.runtime.context import RunOptions
from audsem_data.runtime.session import Edits, driving, open_context, taking

from .test_annotating import cli, rows
from .test_places365 import save_published
from .tiny_vision import save_blip, save_clip, save_llava_video, save_rt_detr

CPU = Device("cpu")


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("sight")
    (folder / "places").mkdir()
    (folder / "things.txt").write_text("dog\ncar\nrain on a roof\n")
    return {
        "annotate-blip.checkpoint": str(save_blip(folder / "blip")),
        "annotate-clip.checkpoint": str(save_clip(folder / "clip")),
        "annotate-clip.categories": str(folder / "things.txt"),
        "annotate-clip.top": "2",
        "annotate-rt-detr.checkpoint": str(save_rt_detr(folder / "rt-detr")),
        "annotate-rt-detr.threshold": "0.25",
        "annotate-places365.checkpoint": str(save_published(folder / "places")),
        "annotate-llava-video.checkpoint": str(save_llava_video(folder / "llava")),
        "annotate-llava-video.max_new_tokens": "12",
    }


def stages(checkpoints: dict[str, str]) -> list[str]:
    return list(dict.fromkeys(name.partition(".")[0] for name in checkpoints))


def seen(workspace: Path) -> dict[str, ClipFrames]:
    """Return the pictures of each clip, read from the tars by the standard library."""
    found = {}
    for path in (workspace / "standardize").rglob("*.tar"):
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                if member.name.endswith(".mp4"):
                    file = archive.extractfile(member)
                    assert file
                    found[member.name.partition(".")[0]] = decode_frames(file.read())
    return found


@pytest.fixture(scope="session")
def annotated(
    standing: Path, tmp_path_factory: pytest.TempPathFactory, checkpoints: dict[str, str]
) -> tuple[Path, Counter[str]]:
    """A workspace that all of them have annotated, and how often a clip's video was decoded."""
    workspace = tmp_path_factory.mktemp("annotated") / "w"
    shutil.copytree(standing, workspace)
    run = RunOptions(workers=0, device="cpu")
    for stage in stages(checkpoints):
        open_context(workspace, Edits(stage=stage), run)
    settings = tuple(f"{name}={value}" for name, value in checkpoints.items())
    context, _ = open_context(workspace, Edits(settings=settings), run)
    calls: Counter[str] = Counter()
    [together] = taking(context, lambda need: isinstance(need, Frames))
    assert set(together) == set(stages(checkpoints))
    with pytest.MonkeyPatch.context() as patch, driving(context, shown=False) as driver:
        patch.setattr(clips, "decode_frames", lambda data: calls.update(["video"]) or decode_frames(data))
        patch.setattr(clips, "decode_clip", lambda data: calls.update(["audio"]))
        driver.run(together)
    cli("combine", "-w", workspace)
    return workspace, calls


def test_one_decode_for_all_and_none_of_the_sound(annotated: tuple[Path, Counter[str]]) -> None:
    workspace, calls = annotated
    assert calls == {"video": len(rows(workspace, "annotate-acoustics"))}


def test_each_clip_has_the_captions_of_its_own_pictures(
    annotated: tuple[Path, Counter[str]], checkpoints: dict[str, str]
) -> None:
    workspace, _ = annotated
    blip = Blip(Path(checkpoints["annotate-blip.checkpoint"]), CPU)
    pictures = seen(workspace)
    found = rows(workspace, "annotate-blip")
    assert len(found) > 5
    for row in found:
        alone = Counter(blip(choose(pictures[row["clip_id"]], Frames()).pictures))
        assert row["captions"] == [{"caption": text, "frames": count} for text, count in alone.items()]
    assert len({str(row["captions"]) for row in found}) > 1


def test_rows_of_the_others(annotated: tuple[Path, Counter[str]]) -> None:
    workspace, _ = annotated
    pictures = seen(workspace)
    for row in rows(workspace, "annotate-clip"):
        assert {one["label"] for one in row["categories"]} <= {"dog", "car", "rain on a roof"}
        assert sum(one["frames"] for one in row["categories"]) == 2 * len(
            choose(pictures[row["clip_id"]], Frames()).pictures
        )
    for row in rows(workspace, "annotate-places365"):
        assert all(one["score"] > 0.3 for one in row["places"])
        assert 0 <= row["indoor"] <= 1
    boxes = [box for row in rows(workspace, "annotate-rt-detr") for box in row["boxes"]]
    assert boxes
    for box in boxes:
        assert box["score"] >= 0.25
        assert 0 <= box["left"] <= box["right"] <= 1
    assert all(row["description"] for row in rows(workspace, "annotate-llava-video"))


def test_evidence_holds_what_was_seen(annotated: tuple[Path, Counter[str]]) -> None:
    workspace, _ = annotated
    for row in rows(workspace, "combine"):
        assert row["complete"]
        assert row["blip"]["captions"]
        assert row["llava_video"]["description"]
        assert set(row) >= {"clip", "rt_detr", "places365"}


def test_the_dataset_holds_what_was_seen_and_examples_of_every_clip(
    annotated: tuple[Path, Counter[str]], tmp_path: Path
) -> None:
    workspace = tmp_path / "w"
    shutil.copytree(annotated[0], workspace)
    before = {path: path.stat().st_mtime_ns for path in workspace.glob("annotate-*/v*/part-*")}
    cli("run", "-w", workspace, "--device", "cpu")
    assert {path: path.stat().st_mtime_ns for path in workspace.glob("annotate-*/v*/part-*")} == before
    loaded = datasets.load_dataset(str(workspace / "audsem"), "clips").cast_column(
        "audio", datasets.Audio(decode=False)
    )
    shown: dict[str, Any] = {row["clip_id"]: row for split in loaded.values() for row in split}
    said = {row["clip_id"]: row for row in rows(workspace, "combine")}
    assert shown
    for key, row in shown.items():
        assert row["blip"]["captions"] == said[key]["blip"]["captions"]
        assert row["llava_video"]["description"] == said[key]["llava_video"]["description"]
    card = (workspace / "audsem" / "README.md").read_text()
    assert all(name in card for name in ("blip", "rt_detr", "places365", "llava_video"))


def test_an_answer_that_was_paid_for_is_not_paid_again(
    annotated: tuple[Path, Counter[str]], tmp_path: Path, checkpoints: dict[str, str]
) -> None:
    workspace = tmp_path / "w"
    shutil.copytree(annotated[0], workspace)
    before = rows(workspace, "annotate-llava-video")
    cli("invalidate", "annotate-llava-video", "-w", workspace)
    folder = Path(checkpoints["annotate-llava-video.checkpoint"])
    folder.rename(folder.with_name("away"))
    try:
        cli("annotate", "--video", "-w", workspace, "--device", "cpu", expect=1)  # the model is opened at once
    finally:
        folder.with_name("away").rename(folder)
    cli("annotate", "--video", "-w", workspace, "--device", "cpu")
    assert rows(workspace, "annotate-llava-video") == before


def test_clips_without_pictures_are_told_and_lose_nothing_else(
    standing: Path, tmp_path: Path, checkpoints: dict[str, str]
) -> None:
    """One video without pictures, one all black, one of an odd size held sideways, beside the demo's."""
    source = tmp_path / "source"
    source.mkdir()
    for name, level, size in (("mute", None, None), ("black", 0, (64, 36)), ("odd", 130, (33, 77))):
        _make(source / f"{name}.mkv", level, size)
        (source / f"{name}.en.vtt").write_text("WEBVTT\n\n00:00:00.500 --> 00:00:04.500\n[dog barks]\n")
    Project(tmp_path / "w", sources=[str(source)]).run(until="combine", workers=0)
    setting = ("--set", f"checkpoint={checkpoints['annotate-blip.checkpoint']}", "--device", "cpu")
    cli("annotate-blip", "-w", tmp_path / "w", *setting)
    outcomes = {row["key"].split("_")[0]: row for row in _outcomes(tmp_path / "w", "annotate-blip")}
    assert (outcomes["mute"]["outcome"], outcomes["mute"]["reason"]) == ("filtered", "no_video")
    assert outcomes["mute"]["detail"] == "audio_only", "why, as standardize says"
    assert (outcomes["black"]["outcome"], outcomes["black"]["reason"]) == ("filtered", "black_video")
    assert outcomes["odd"]["outcome"] == "done"
    assert len(rows(tmp_path / "w", "annotate-acoustics")) == 3


def _outcomes(workspace: Path, stage: str) -> list[dict[str, Any]]:
    return [
        row
        for path in sorted((workspace / stage).rglob("outcomes-*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]


def _make(path: Path, level: int | None, size: tuple[int, int] | None) -> None:
    """Write six seconds of noise, with pictures of one brightness where a size is given."""
    generator = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        sound: Any = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        pictures: Any = container.add_stream("ffv1", rate=5) if size else None
        if pictures:
            pictures.width, pictures.height = size or (0, 0)
            pictures.pix_fmt = "yuv444p"
        for number in range(30 if pictures else 0):
            width, height = size or (0, 0)
            image = np.full((height, width, 3), level, np.uint8)
            image[: number % 10] //= 2
            for packet in pictures.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                container.mux(packet)
        samples = generator.integers(-9000, 9000, (1, 96_000), dtype=np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 16_000
        endings: list[tuple[Any, Any]] = [(sound, frame), (sound, None), *([(pictures, None)] if pictures else [])]
        for stream, last in endings:
            for packet in stream.encode(last):
                container.mux(packet)
