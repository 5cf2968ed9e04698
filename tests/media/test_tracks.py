"""Of several sounds the one is cut that players take, or the one that was asked for; which it was is recorded."""

from pathlib import Path

import numpy as np
import pytest

from audsem_data.core.outcome import Outcome
from audsem_data.stages.acquire.standardize import StandardizeConfig

from .clips import cut, sound, verdicts
from .numbered import ffmpeg

HERTZ = (440, 1500, 4000)
INTERVAL = [(500, 3500)]


def several(path: Path, *arguments: str) -> Path:
    """Write a file of three sounds, each of another pitch, language and bit rate; the last has most channels."""
    tones = [part for hertz in HERTZ for part in ("-f", "lavfi", "-i", f"sine={hertz}:d=4:r=48000")]
    maps = ["-map", "3:v", *(part for number in range(3) for part in ("-map", f"{number}:a"))]
    codecs = ["-c:a", "mp2", "-b:a:0", "64k", "-b:a:1", "192k", "-b:a:2", "384k", "-ac:a:1", "2", "-ac:a:2", "2"]
    spoken = [
        part
        for number, language in enumerate(("deu", "eng", "fra"))
        for part in (f"-metadata:s:a:{number}", f"language={language}")
    ]
    ffmpeg(*tones, "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=4", *maps, *codecs, *spoken, *arguments, path)
    return path


def pitch(outcome: Outcome) -> int:
    samples = sound(outcome)
    return round(int(np.argmax(np.abs(np.fft.rfft(samples)))) * 32_000 / len(samples))


@pytest.mark.parametrize("name", ["x.ts", "x.mkv", "x.mp4"])
def test_the_first_sound_is_taken_whatever_the_bit_rates(tmp_path: Path, name: str) -> None:
    [outcome] = cut(several(tmp_path / name), INTERVAL)
    assert pitch(outcome) == HERTZ[0]
    row = outcome.rows[0]
    assert (row["source_audio_track"], row["source_audio_tracks"], row["source_audio_language"]) == (1, 3, "deu")
    assert row["has_video"]


def test_a_default_goes_before_the_first_and_one_for_the_impaired_last(tmp_path: Path) -> None:
    default = several(tmp_path / "x.mkv", "-disposition:a:0", "0", "-disposition:a:1", "default")
    described = several(tmp_path / "y.mkv", "-disposition:a:0", "visual_impaired", "-disposition:a:1", "0")
    assert [pitch(cut(path, INTERVAL)[0]) for path in (default, described)] == [HERTZ[1]] * 2


@pytest.mark.parametrize(
    ("options", "hertz"),
    [
        ({"audio_track": 3}, HERTZ[2]),
        ({"audio_language": "eng"}, HERTZ[1]),
        ({"audio_language": "ENG"}, HERTZ[1]),
        ({"audio_track": 1, "audio_language": "deu"}, HERTZ[0]),
    ],
)
def test_a_sound_can_be_asked_for(tmp_path: Path, options: dict[str, object], hertz: int) -> None:
    config = StandardizeConfig.model_validate(options)
    [outcome] = cut(several(tmp_path / "x.ts"), INTERVAL, config)
    assert pitch(outcome) == hertz
    assert outcome.rows[0]["source_audio_track"] == HERTZ.index(hertz) + 1


@pytest.mark.parametrize(
    "options", [{"audio_track": 4}, {"audio_language": "nld"}, {"audio_track": 1, "audio_language": "fra"}]
)
def test_a_sound_that_is_not_there_says_which_are(tmp_path: Path, options: dict[str, object]) -> None:
    [outcome] = cut(several(tmp_path / "x.mkv"), INTERVAL, StandardizeConfig.model_validate(options))
    assert verdicts([outcome]) == ["no_audio"]
    assert "1 (deu), 2 (eng), 3 (fra)" in str(outcome)
