"""Bad media get a reason, and one bad place costs only the clips that it touches."""

import json
from pathlib import Path

import av
import numpy as np
import pytest

from audsem_data.core.outcome import Done, Status
from audsem_data.media.reasons import MediaReason
from audsem_data.stages.acquire.standardize import StandardizeConfig

from .clips import cut, damaged, lag, sound, verdicts
from .source import Made, write

REACH = 640
SECONDS = [(start * 1000, start * 1000 + 1000) for start in range(8)]


def test_no_file_is_known() -> None:
    [outcome] = cut(None, [(0, 1000)])
    assert (outcome.status, outcome.reason) == (Status.FILTERED, MediaReason.NO_MEDIA)


def test_the_file_is_gone(tmp_path: Path) -> None:
    [outcome] = cut(tmp_path / "gone.mp4", [(0, 1000)])
    assert (outcome.status, outcome.reason) == (Status.FAILED_PERMANENT, MediaReason.MEDIA_MISSING)


@pytest.mark.parametrize("content", [b"", b"no media at all " * 100, b"#EXTM3U\nother.wav\n", b"\x00" * 5000])
def test_not_media(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / "other.wav", Made("pcm_s16le", video=False, seconds=2))
    (tmp_path / "x.mp4").write_bytes(content)
    [outcome] = cut(tmp_path / "x.mp4", [(0, 1000)])
    assert (outcome.status, outcome.reason) == (Status.FAILED_PERMANENT, MediaReason.NOT_MEDIA)


def test_a_folder_is_not_media(tmp_path: Path) -> None:
    assert verdicts(cut(tmp_path, [(0, 1000)])) == ["not_media"]


def test_video_without_audio(tmp_path: Path) -> None:
    write(tmp_path / "mute.mp4", Made(codec=None, seconds=2))
    [outcome] = cut(tmp_path / "mute.mp4", [(0, 1000)])
    assert (outcome.status, outcome.reason) == (Status.FILTERED, MediaReason.NO_AUDIO)


def test_audio_without_video_is_welcome(tmp_path: Path) -> None:
    write(tmp_path / "x.flac", Made("flac", video=False, seconds=2))
    [outcome] = cut(tmp_path / "x.flac", [(0, 1000)])
    assert isinstance(outcome, Done)
    assert set(outcome.files) == {"flac", "json"}
    assert (outcome.rows[0]["has_video"], outcome.rows[0]["no_video"]) == (False, "audio_only")
    assert json.loads(outcome.files["json"])["caption"] == "bang"


def test_silence_is_filtered_and_may_be_kept(tmp_path: Path) -> None:
    made = Made("pcm_s16le", video=False, seconds=2)
    write(tmp_path / "x.wav", made, np.zeros((2, 2 * made.rate), np.float32))
    assert verdicts(cut(tmp_path / "x.wav", [(0, 1000)])) == ["silent"]
    assert verdicts(cut(tmp_path / "x.wav", [(0, 1000)], StandardizeConfig(silent_below_dbfs=-200))) == ["done"]


def test_an_mp4_that_lost_its_index(tmp_path: Path) -> None:
    write(tmp_path / "x.mp4", Made())
    whole = (tmp_path / "x.mp4").read_bytes()
    (tmp_path / "x.mp4").write_bytes(whole[: len(whole) // 2])
    outcomes = cut(tmp_path / "x.mp4", SECONDS)
    assert {outcome.status for outcome in outcomes} == {Status.FAILED_PERMANENT}
    assert verdicts(outcomes) == ["truncated"] * 8


@pytest.mark.parametrize("made", [Made("aac"), Made("libopus")], ids=["aac", "opus"])
def test_a_truncated_mkv_gives_what_it_still_has(tmp_path: Path, made: Made) -> None:
    write(tmp_path / "x.mkv", made)
    whole = (tmp_path / "x.mkv").read_bytes()
    (tmp_path / "x.mkv").write_bytes(whole[: len(whole) // 2])
    found = verdicts(cut(tmp_path / "x.mkv", SECONDS))
    good = found.count("done")
    assert 2 <= good <= 5
    assert found == ["done"] * good + ["truncated"] * (8 - good)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("x.mp4", Made("aac")),
        ("x.mkv", Made("aac")),
        ("y.mkv", Made("libopus")),
        ("x.flac", Made("flac", video=False)),
        ("x.ogg", Made("libopus", video=False)),
        ("x.mka", Made("flac", video=False)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_damaged_middle_costs_only_the_clips_that_it_touches(tmp_path: Path, name: str, made: Made) -> None:
    (tmp_path / "whole").mkdir()
    write(tmp_path / "whole" / name, made)
    outcomes = cut(damaged(tmp_path / name, tmp_path / "whole" / name, 0.48, 0.52), SECONDS)
    found = verdicts(outcomes)
    assert set(found) == {"done", "corrupt"}
    assert found.count("corrupt") <= 4
    assert found[:2] == found[-2:] == ["done"] * 2
    whole = cut(tmp_path / "whole" / name, SECONDS)
    for ours, theirs in zip(outcomes, whole, strict=True):
        if isinstance(ours, Done):
            late, likeness = lag(sound(ours)[REACH:-REACH], sound(theirs), REACH)
            assert abs(late) <= 32  # containers that hold milliseconds find back to the millisecond
            assert likeness > 0.98


@pytest.mark.parametrize("second", [2, 4, 6])
def test_a_damaged_picture_costs_pictures_up_to_the_next_keyframe_and_no_sound(tmp_path: Path, second: int) -> None:
    path = tmp_path / "x.mp4"
    write(path, Made(gop=50))
    data = bytearray(path.read_bytes())
    with av.open(path) as container:
        keyframe = [packet for packet in container.demux(video=0) if packet.is_keyframe][second // 2]
    assert keyframe.pos is not None
    data[keyframe.pos + 5 : keyframe.pos + keyframe.size] = b"\xff" * (keyframe.size - 5)
    path.write_bytes(data)
    wanted = [None] * second + ["video_damaged"] * 2 + [None] * (6 - second)
    assert [outcome.rows[0]["no_video"] for outcome in cut(path, SECONDS)] == wanted
    [alone] = cut(path, SECONDS[second + 1 : second + 2])
    assert alone.rows[0]["no_video"] == "video_damaged"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"max_bytes": 1000}, "too_large"),
        ({"max_duration_s": 1.5}, "too_long"),
        ({"max_streams": 1}, "too_many_streams"),
        ({"max_pixels": 100}, "too_large"),
        ({"max_clip_s": 0.5}, "too_long"),
    ],
)
def test_bounds_hold_before_decoding(tmp_path: Path, options: dict[str, float], reason: str) -> None:
    write(tmp_path / "x.mp4", Made(seconds=2))
    [outcome] = cut(tmp_path / "x.mp4", [(0, 1000)], StandardizeConfig.model_validate(options))
    assert (outcome.status, outcome.reason) == (Status.FILTERED, MediaReason[reason.upper()])


def test_every_reason_is_documented() -> None:
    assert all(reason.doc for reason in MediaReason)
    assert [reason.value for reason in MediaReason if reason.transient] == ["unreadable"]
