"""How likely a language model says yes rather than no: the probabilities of its first token, all spellings summed.

Nothing is sampled, so the same model gives the same answer each time.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from audsem_data.core.outcome import Failed, Reason
from audsem_data.llm.endpoint import Endpoint
from audsem_data.llm.prompts import Messages

_TOP = 20  # as many as the protocol allows
_AROUND = " \t\n\r.,!:;\"'*`_()[]\u2581\u0120\u010a"


class YesNoReason(Reason):
    """Why a model's answer is neither."""

    UNDECIDED = "undecided", "the model's likeliest first tokens hold neither yes nor no"


def answer_of(token: str) -> str | None:
    """Return `yes` or `no` if a token spells it, in whatever case, with whatever space or mark around it."""
    word = token.strip(_AROUND).lower()
    return word if word in {"yes", "no"} else None


def share_of_yes(log_probabilities: Iterable[tuple[str, float]]) -> float | None:
    """Return P(yes) / (P(yes) + P(no)) from (token, natural logarithm of its probability); None without either."""
    mass = {"yes": 0.0, "no": 0.0}
    for token, logarithm in log_probabilities:
        if answer := answer_of(token):
            mass[answer] += math.exp(logarithm)
    total = mass["yes"] + mass["no"]
    return mass["yes"] / total if total > 0 else None


def ask_endpoint(endpoint: Endpoint, model: str, chats: Sequence[Messages], seed: int = 0) -> list[float | Failed]:
    """Return the share of yes for each chat, from a server that gives the logarithms of its likeliest tokens."""
    bodies = [
        {
            "model": model,
            "messages": list(chat),
            "max_tokens": 1,
            "temperature": 0,
            "seed": seed,
            "logprobs": True,
            "top_logprobs": _TOP,
        }
        for chat in chats
    ]
    return [answer if isinstance(answer, Failed) else _share(answer) for answer in endpoint.ask_all(bodies)]


def _share(answer: Mapping[str, Any]) -> float | Failed:
    try:
        first = answer["choices"][0]["logprobs"]["content"][0]
        share = share_of_yes((one["token"], float(one["logprob"])) for one in first["top_logprobs"])
        said = ", ".join(repr(one["token"]) for one in first["top_logprobs"][:5])
    except (KeyError, IndexError, TypeError, ValueError):
        return Failed(YesNoReason.UNDECIDED, "the server gives no logprobs; it must be started so that it does")
    return Failed(YesNoReason.UNDECIDED, f"first tokens: {said}") if share is None else share
