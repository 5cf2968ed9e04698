"""A model's answers to a benchmark's questions, written as they are made; a run that was cut short goes on.

Source: the authors decode MMAU by beam search of 5, in their published code; the paper does not say.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from audsem_data.core.errors import CorruptionError, InputError, UsageError
from audsem_data.media.clips import decode_clip
from audsem_data.media.resample import resample
from audsem_data.train.audio_models import Policy
from audsem_data.train.conversations import Samples, prompt_of

PREDICTIONS, RUN = "predictions.jsonl", "run.json"


class Run(NamedTuple):
    """What predictions depend on; a run goes on with the same alone."""

    model: str
    model_revision: str | None
    adapter: str | None
    precision: str
    data: str
    data_sha256: str
    beams: int
    most_tokens: int
    words: int | None
    semantic: bool

    def told(self) -> str:
        """Return it in a sentence, for the head of a table."""
        model = f"{self.model} at revision {self.model_revision or 'main'}, {self.precision}"
        model += f", with the adapter {self.adapter}" if self.adapter else ""
        decoding = f"beam search of {self.beams}" if self.beams > 1 else "greedy decoding"
        asked = f", asked to think in about {self.words} words" if self.words else ""
        data = f"{self.data} (SHA-256 {self.data_sha256})"
        return f"{model}; {data}; {decoding}, at most {self.most_tokens} tokens{asked}."


def predict(
    policy: Policy, run: Run, questions: Sequence[Mapping[str, Any]], sounds: Path, out: Path, *, batch: int
) -> list[str]:
    """Write an answer to every question that has none yet, and return the ids of those whose sound is not there.

    Args:
        policy: the model; `run` names it.
        run: written beside the predictions.
        questions: items of MMAU: id, audio_id, question, choices.
        sounds: folder of the sound files that `audio_id` names.
        out: folder of the run.
        batch: questions at once.

    Raises:
        UsageError: `out` holds predictions of another run.
        InputError: a question names no sound.
    """
    written = _begin(out, run)
    todo = [one for one in questions if str(one["id"]) not in written]
    deaf: list[str] = []
    with (out / PREDICTIONS).open("a", encoding="utf-8") as lines:
        for some in _batches(_heard(todo, sounds, policy.inputs.rate, deaf), batch):
            for one, text in zip(some, _generate(policy, run, some), strict=True):
                line = {"id": str(one[0]["id"]), "prediction": text}
                lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            lines.flush()
    return deaf


def _begin(out: Path, run: Run) -> set[str]:
    """Return the ids that are answered; a last line that a kill cut is taken off."""
    out.mkdir(parents=True, exist_ok=True)
    told, lines = out / RUN, out / PREDICTIONS
    if told.is_file() and json.loads(told.read_text(encoding="utf-8")) != run._asdict():
        raise UsageError(f"{out} holds predictions of another run ({told}); name another folder")
    if lines.is_file() and not told.is_file():
        raise UsageError(f"{lines} is not of a run that can go on; name another folder")
    told.write_text(json.dumps(run._asdict(), indent=1) + "\n", encoding="utf-8")
    whole = lines.read_bytes() if lines.is_file() else b""
    whole = whole[: whole.rfind(b"\n") + 1]
    lines.write_bytes(whole)
    return {json.loads(line)["id"] for line in whole.splitlines()}


def _heard(
    questions: Sequence[Mapping[str, Any]], sounds: Path, rate: int, deaf: list[str]
) -> Iterator[tuple[Mapping[str, Any], Samples]]:
    for one in questions:
        if not one.get("audio_id") or "question" not in one:
            raise InputError(f"question {one['id']} has no audio_id or no question")
        try:
            samples, held = decode_clip((sounds / Path(one["audio_id"]).name).read_bytes())
        except (OSError, CorruptionError):
            deaf.append(str(one["id"]))
            continue
        yield one, resample(samples, held, rate)


def _batches(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    some: list[Any] = []
    for item in items:
        some.append(item)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


@torch.inference_mode()
def _generate(policy: Policy, run: Run, some: Sequence[tuple[Mapping[str, Any], Samples]]) -> list[str]:
    model: Any = policy.model
    tokenizer = policy.inputs.tokenizer
    rows = [{**one, "semantic_elements": run.semantic} for one, _ in some]
    heard = policy.inputs([prompt_of(row, run.words) for row in rows], [sound for _, sound in some])
    longest = max(map(len, heard.ids))
    padding = [longest - len(ids) for ids in heard.ids]
    ids = [[*[tokenizer.pad_token_id] * lack, *one] for lack, one in zip(padding, heard.ids, strict=True)]
    mask = [[*[0] * lack, *[1] * (longest - lack)] for lack in padding]
    features = {
        name: value.to(model.device, model.dtype if value.is_floating_point() else None)
        for name, value in heard.features.items()
    }
    written = model.generate(
        input_ids=torch.tensor(ids, device=model.device),
        attention_mask=torch.tensor(mask, device=model.device),
        **features,
        num_beams=run.beams,
        do_sample=False,
        max_new_tokens=run.most_tokens,
        suppress_tokens=policy.placeholders,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return [str(text) for text in tokenizer.batch_decode(written[:, longest:], skip_special_tokens=True)]
