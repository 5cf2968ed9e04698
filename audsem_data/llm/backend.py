"""Asking a language model for JSON: one small interface, whoever runs the model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from audsem_data.core.outcome import Failed
from audsem_data.llm.prompts import Messages


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn; `temperature` 0 takes the likeliest each time."""

    temperature: float = 0.7
    top_p: float = 0.8
    max_tokens: int = 2048


@dataclass(frozen=True)
class Request:
    """A chat, the JSON schema that its answer has, and the seed that it is drawn with."""

    messages: Messages
    schema: Mapping[str, Any]
    seed: int
    sampling: Sampling


@dataclass(frozen=True)
class Reply:
    """What a model wrote.

    Attributes:
        text: as it came, JSON or not.
        finished: whether the model came to an end, rather than to its limit.
        tokens_in: of the prompt; `tokens_cached` of them were read from a cache; `tokens_out` were written.
        seconds: from asking to the answer, other requests beside it included.
    """

    text: str
    finished: bool = True
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    seconds: float = 0.0


class Backend(Protocol):
    """Runs a model, or reaches one."""

    def ask(self, requests: Sequence[Request]) -> Iterator[tuple[int, Reply | Failed]]:
        """Yield (place, answer) for every request, each as soon as it is there, in any order."""
