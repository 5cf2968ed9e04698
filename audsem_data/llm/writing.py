"""Having a model write the examples of clips: ask, check, judge, and ask again for what was not fit, a few times.

Every attempt that fails is told in the clip's outcome. Both variants of a clip are kept, or neither: examples with
and without descriptors then stand for the same clips and can be compared.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audsem_data.core.outcome import Failed, Reason
from audsem_data.core.stage import Memory
from audsem_data.llm.answers import Example, Task, Variant
from audsem_data.llm.backend import Request, Sampling
from audsem_data.llm.flaws import Flaw
from audsem_data.llm.responses import Heard, Question, Responses
from audsem_data.llm.schemas import UnreadableError, Verdict, json_schema, read_examples, read_verdict, schema_of
from audsem_data.llm.validators import find_set_flaw
from audsem_data.llm.writing_prompt import judge_messages, writing_prompt

_DETAIL = 200  # characters of a detail that an outcome keeps for each attempt
_JUDGING = Sampling(temperature=0.0, top_p=1.0, max_tokens=256)


@dataclass(frozen=True)
class Clip:
    """A clip to write of: its id, what a prompt shows of it, what texts may quote, and its earlier tries."""

    clip_id: str
    evidence: Mapping[str, Any]
    caption: str
    tries: int = 0


@dataclass
class Draft:
    """One answer in the making.

    Attributes:
        refused: a line for each attempt that was not fit: reason and detail.
        failure: the last of them, or what the backend said in its place.
    """

    clip: Clip
    task: Task
    variant: Variant
    examples: list[Example] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    failure: Failed | None = None
    usage: Counter[str] = field(default_factory=Counter)

    def refuse(self, reason: Reason, detail: str) -> None:
        """Note an attempt that was not fit."""
        self.failure = Failed(reason, detail[:_DETAIL])
        self.refused.append(f"{reason}: {detail[:_DETAIL]}")

    @property
    def open(self) -> bool:
        """Whether asking again may help: it is not done, and the backend did not fail."""
        return not self.examples and (self.failure is None or isinstance(self.failure.reason, Flaw))


@dataclass(frozen=True)
class Writer:
    """Writes by one model and has another, or the same, judge; `judge` is None where nobody does.

    Attributes:
        regenerations: how often an answer that is not fit is asked for again (paper: up to five times).
    """

    writer: Responses
    judge: Responses | None
    sampling: Sampling
    regenerations: int = 5
    seed: int = 0
    version: int = 1

    def write(
        self, task: Task, variants: Sequence[Variant], clips: Sequence[Clip], memory: Memory
    ) -> list[list[Draft]]:
        """Return the drafts of each clip, one a variant; all that are still open are asked for together."""
        drafts = [[Draft(clip, task, variant) for variant in variants] for clip in clips]
        everyone = [draft for group in drafts for draft in group]
        for attempt in range(self.regenerations + 1):
            waiting = [draft for draft in everyone if draft.open]
            if not waiting:
                break
            self._attempt(waiting, attempt, memory)
        return drafts

    def _attempt(self, drafts: Sequence[Draft], attempt: int, memory: Memory) -> None:
        numbers = [draft.clip.tries * (self.regenerations + 1) + attempt for draft in drafts]
        asked = [self._question(draft, number) for draft, number in zip(drafts, numbers, strict=True)]
        fit = []
        for draft, number, heard in zip(drafts, numbers, self.writer.ask(asked, memory), strict=True):
            draft.usage.update(heard.usage)
            if examples := _checked(draft, heard):
                fit.append((draft, number, heard, examples))
        if self.judge is None:
            for draft, _, _, examples in fit:
                draft.examples = examples
            return
        questions = [self._judging(draft, number, heard) for draft, number, heard, _ in fit]
        for (draft, _, _, examples), verdict in zip(fit, self.judge.ask(questions, memory), strict=True):
            draft.usage.update({f"judge_{name}": count for name, count in verdict.usage.items()})
            if _accepted(draft, verdict):
                draft.examples = examples

    def _question(self, draft: Draft, number: int) -> Question:
        about = {"clip": draft.clip.clip_id, "task": draft.task, "variant": draft.variant, "attempt": number}
        messages = writing_prompt(draft.task, draft.variant, self.version).messages(evidence=draft.clip.evidence)
        schema = json_schema(schema_of(draft.task, draft.variant))
        return Question(about, Request(messages, schema, seed_of(self.seed, about), self.sampling))

    def _judging(self, draft: Draft, number: int, heard: Heard) -> Question:
        about = {"clip": draft.clip.clip_id, "task": draft.task, "variant": draft.variant, "judged": number}
        assert not isinstance(heard.reply, Failed)
        messages = judge_messages(draft.clip.evidence, heard.reply.text, self.version)
        return Question(about, Request(messages, json_schema(Verdict), seed_of(self.seed, about), _JUDGING))


def seed_of(seed: int, about: Mapping[str, Any]) -> int:
    """Return the seed of a request: the same for the same clip, task, variant and attempt, on every machine."""
    named = json.dumps([seed, about], sort_keys=True).encode()
    return int.from_bytes(hashlib.sha256(named).digest()[:4], "big") >> 1  # servers take 31 bits


def _checked(draft: Draft, heard: Heard) -> list[Example]:
    """Return the examples of an answer, or none once the draft has noted why."""
    reply = heard.reply
    if isinstance(reply, Failed):
        draft.failure = reply
        return []
    if not reply.finished:
        draft.refuse(Flaw.TRUNCATED, f"{reply.tokens_out} tokens")
        return []
    try:
        examples = read_examples(draft.task, draft.variant, reply.text)
    except UnreadableError as error:
        draft.refuse(Flaw.UNREADABLE, str(error))
        return []
    if found := find_set_flaw(examples, draft.task, draft.clip.caption):
        draft.refuse(*found)
        return []
    return examples


def _accepted(draft: Draft, heard: Heard) -> bool:
    if isinstance(heard.reply, Failed):
        draft.failure = heard.reply
        return False
    try:
        verdict = read_verdict(heard.reply.text)
    except UnreadableError as error:
        draft.refuse(Flaw.UNJUDGED, str(error))
        return False
    if not verdict.valid:
        draft.refuse(Flaw.JUDGED, verdict.reason)
    return verdict.valid
