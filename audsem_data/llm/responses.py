"""Answers that were paid for, kept by what was asked: a killed run, or a changed stage, pays for none twice."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from audsem_data.core.fingerprint import canonical
from audsem_data.core.outcome import Failed
from audsem_data.core.stage import Memory
from audsem_data.llm.backend import Backend, Reply, Request
from audsem_data.llm.endpoint import EndpointReason

_REASONS = {str(reason): reason for reason in EndpointReason}


@dataclass(frozen=True)
class Question:
    """A request, and what it is about: names that lie in the key and in the kept answer beside its content."""

    about: Mapping[str, Any]
    request: Request

    def key(self, model: str) -> bytes:
        """Return the 32 bytes under which the answer of a model is kept."""
        return hashlib.sha256(
            canonical({"about": self.about, "model": model, "asked": asdict(self.request)})
        ).digest()


@dataclass(frozen=True)
class Heard:
    """An answer, and whether it came from memory."""

    reply: Reply | Failed
    remembered: bool

    @property
    def usage(self) -> dict[str, float]:
        """What it cost, whenever it was paid."""
        counted = {"requests": 1.0, "remembered": float(self.remembered)}
        if isinstance(self.reply, Failed):
            return counted
        names = ("tokens_in", "tokens_cached", "tokens_out", "seconds")
        return counted | {name: float(getattr(self.reply, name)) for name in names}


class Responses:
    """A backend that remembers: permanent refusals too, failures that may pass not."""

    def __init__(self, backend: Backend, model: str) -> None:
        self._backend, self._model = backend, model

    def ask(self, questions: Sequence[Question], memory: Memory) -> list[Heard]:
        """Return the answer to each question, in order; each is kept as soon as it is there."""
        keys = [question.key(self._model) for question in questions]
        heard = {place: Heard(_load(kept), True) for place, key in enumerate(keys) if (kept := memory.get(key))}
        fresh = [place for place in range(len(questions)) if place not in heard]
        answers: Iterator[tuple[int, Reply | Failed]] = iter(())
        if fresh:
            answers = self._backend.ask([questions[place].request for place in fresh])
        for index, answer in answers:
            place = fresh[index]
            heard[place] = Heard(answer, False)
            if not (isinstance(answer, Failed) and answer.reason.transient):
                memory.put(keys[place], _dump(questions[place].about, answer))
        return [heard[place] for place in range(len(questions))]


def _dump(about: Mapping[str, Any], answer: Reply | Failed) -> bytes:
    if isinstance(answer, Failed):
        return json.dumps({"about": about, "failed": [answer.reason, answer.detail]}).encode()
    return json.dumps({"about": about, "reply": asdict(answer)}).encode()


def _load(payload: bytes) -> Reply | Failed:
    value = json.loads(payload)
    if "failed" in value:
        reason, detail = value["failed"]
        return Failed(_REASONS[reason], detail)
    return Reply(**value["reply"])
