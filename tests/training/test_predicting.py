"""Predictions of a benchmark: the same alone and together, heard, and going on after a kill."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from audsem_data.core.errors import InputError, UsageError
from audsem_data.train.audio_models import Policy
from audsem_data.train.cli import app
from audsem_data.train.mmau import load_predictions
from audsem_data.train.predicting import PREDICTIONS, Run, predict

from .conftest import HERTZ, OMNI, tone

RUN = Run("tiny", None, None, "float32", "mmau.json", "0" * 64, 2, 5, None, False)


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    folder = tmp_path / "sounds"
    folder.mkdir()
    for name, hertz in HERTZ.items():
        (folder / f"{name}.wav").write_bytes(tone(hertz))
    return folder


def item(number: int, pitch: str, **more: Any) -> dict[str, Any]:
    asked = {"question": "Pitch?" * (number + 1), "choices": ["low", "high"], "answer": pitch}
    return {"id": str(number), "audio_id": f"./test/{pitch}.wav", **asked, "task": "sound", **more}


def texts_of(folder: Path) -> dict[str, str]:
    return load_predictions(folder / PREDICTIONS)


def test_together_as_alone_and_on_after_a_kill(
    model: Path, sounds: Path, tmp_path: Path, policy_of: Callable[..., Policy]
) -> None:
    policy = policy_of()
    policy.model.train(False)
    asked = [item(0, "low"), item(1, "high"), item(2, "low")]
    assert predict(policy, RUN, asked, sounds, tmp_path / "alone", batch=1) == []
    assert predict(policy, RUN, asked, sounds, tmp_path / "together", batch=3) == []
    wanted = texts_of(tmp_path / "alone")
    assert len(wanted) == 3
    assert texts_of(tmp_path / "together") == wanted
    lines = tmp_path / "alone" / PREDICTIONS
    whole = lines.read_bytes()
    lines.write_bytes(whole[: whole.index(b"\n") + 9])  # a kill amid the second line
    predict(policy, RUN, asked, sounds, tmp_path / "alone", batch=1)
    assert lines.read_bytes() == whole
    with pytest.raises(UsageError, match="another run"):
        predict(policy, RUN._replace(beams=1), asked, sounds, tmp_path / "alone", batch=1)


def test_a_sound_that_is_not_there_is_told_and_tried_again(
    saved: dict[str, Path], sounds: Path, tmp_path: Path
) -> None:
    data, out = tmp_path / "mmau.json", tmp_path / "out"
    data.write_text(json.dumps([item(0, "low"), item(1, "high", audio_id="absent.wav")]))
    command = ["evaluate", "mmau", "--model", str(saved[OMNI]), "--data", str(data), "--audio", str(sounds)]
    command += ["--out", str(out), "--beams", "1", "--most-tokens", "3", "--precision", "float32"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "1 question has no sound" in done.output
    assert "| all | 2 |" in done.output
    assert hashlib.sha256(data.read_bytes()).hexdigest() in (out / "scores.md").read_text()
    assert set(texts_of(out)) == {"0"}
    (sounds / "absent.wav").write_bytes(tone(500))
    again = CliRunner().invoke(app, command)
    assert "no sound" not in again.output
    assert set(texts_of(out)) == {"0", "1"}
    assert json.loads((out / "scores.json").read_text())["all"]["asked"] == 2


def test_a_question_without_a_sound_is_an_error(
    saved: dict[str, Path], sounds: Path, tmp_path: Path, policy_of: Callable[..., Policy]
) -> None:
    with pytest.raises(InputError, match="question 0 has no audio_id"):
        predict(policy_of(), RUN, [item(0, "low", audio_id="")], sounds, tmp_path / "out", batch=1)


def test_the_sound_reaches_the_answer(
    model: Path, sounds: Path, tmp_path: Path, policy_of: Callable[..., Policy]
) -> None:
    """The same question about another sound: what is generated from has other likelihoods."""
    policy = policy_of()
    policy.model.train(False)
    firsts: list[Any] = []
    hook = policy.model.register_forward_hook(lambda _, __, output: firsts.append(output.logits[:, -1]))
    asked = [item(0, "low"), {**item(0, "high"), "id": "1"}]
    predict(policy, RUN._replace(beams=1, most_tokens=1), asked, sounds, tmp_path / "out", batch=2)
    hook.remove()
    assert (firsts[0][0] - firsts[0][1]).abs().max() > 1e-5


def test_an_adapter_is_heard_of(saved: dict[str, Path], sounds: Path, tmp_path: Path) -> None:
    data = tmp_path / "mmau.json"
    data.write_text(json.dumps([item(0, "low")]))
    command = ["evaluate", "mmau", "--model", str(saved[OMNI]), "--data", str(data), "--audio", str(sounds)]
    done = CliRunner().invoke(app, [*command, "--out", str(tmp_path / "out"), "--adapter", str(tmp_path)])
    assert isinstance(done.exception, UsageError)
    assert "holds no adapter" in str(done.exception)
