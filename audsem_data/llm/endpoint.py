"""Asking a server that speaks the OpenAI protocol (vLLM, SGLang, llama.cpp, hosted ones), politely and stubbornly.

The key comes from the environment, `AUDSEM_API_KEY` or `OPENAI_API_KEY`, and goes nowhere but to the server.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import httpx2

from audsem_data.core.outcome import Failed, Reason

Answer = dict[str, Any] | Failed
_GLANCE = 5.0  # seconds for a server to say what it serves


class EndpointReason(Reason):
    """Why a server gave no answer that can be used."""

    UNREACHABLE = "unreachable", "the server could not be reached, or broke off", True
    BUSY = "busy", "the server went on refusing: too many requests, or overloaded", True
    REFUSED = "refused", "the server does not accept the request; detail is what it said"
    GARBLED = "garbled", "the server's answer is not what the protocol says", True


@dataclass(frozen=True)
class Endpoint:
    """A server and how it is asked.

    Attributes:
        url: up to and with `/v1`.
        concurrency: requests at a time.
        attempts: how often a request is tried that fails for a while.
        timeout: seconds for one answer.
        patience: seconds that the first wait between attempts may take; it doubles each time.
    """

    url: str
    concurrency: int = 8
    attempts: int = 5
    timeout: float = 120.0
    patience: float = 1.0

    def ask_all(self, bodies: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Post each body to `/chat/completions`; return the answers in order, a Failed for each that has none."""
        answers = {place: answer for place, answer, _ in self.ask_each(bodies)}
        return [answers[place] for place in range(len(bodies))]

    def ask_each(self, bodies: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Answer, float]]:
        """Yield (place, answer, seconds) of each body as soon as the server has answered it.

        Another is sent only once an answer has been taken: however the process ends, no more than `concurrency`
        answers are paid for and not in the caller's hands. Whoever stops listening gives up what was not sent.
        """
        with (
            httpx2.Client(timeout=self.timeout, headers=_key()) as client,
            ThreadPoolExecutor(self.concurrency) as pool,
        ):
            left = iter(enumerate(bodies))
            asked = {pool.submit(self._timed, client, body): n for n, body in islice(left, self.concurrency)}
            while asked:
                for answered in wait(asked, return_when=FIRST_COMPLETED).done:
                    yield asked.pop(answered), *answered.result()
                    asked |= {pool.submit(self._timed, client, body): n for n, body in islice(left, 1)}

    def _timed(self, client: httpx2.Client, body: Mapping[str, Any]) -> tuple[Answer, float]:
        started = time.monotonic()
        return self._ask(client, body), time.monotonic() - started

    def _ask(self, client: httpx2.Client, body: Mapping[str, Any]) -> Answer:
        answer: Answer = Failed(EndpointReason.UNREACHABLE)
        for attempt in range(self.attempts):
            answer, pause = self._try(client, body)
            if not isinstance(answer, Failed) or not answer.reason.transient:
                return answer
            if attempt + 1 < self.attempts:
                _wait(self.patience * 2**attempt, pause)
        return answer

    def _try(self, client: httpx2.Client, body: Mapping[str, Any]) -> tuple[Answer, float | None]:
        """Return the answer of one attempt, and how many seconds the server asks to wait."""
        try:
            response = client.post(f"{self.url.rstrip('/')}/chat/completions", json=dict(body))
        except httpx2.HTTPError as error:
            return Failed(EndpointReason.UNREACHABLE, f"{type(error).__name__}: {error}"), None
        said = response.text[:300]
        if response.status_code == 429 or response.status_code >= 500:
            return Failed(EndpointReason.BUSY, f"{response.status_code}: {said}"), _retry_after(response)
        if response.status_code != 200:
            return Failed(EndpointReason.REFUSED, f"{response.status_code}: {said}"), None
        try:
            answer = response.json()
            if isinstance(answer["choices"][0]["message"], dict):
                return answer, None
        except (ValueError, KeyError, IndexError, TypeError):
            pass
        return Failed(EndpointReason.GARBLED, said), None


def _retry_after(response: httpx2.Response) -> float | None:
    try:
        return float(response.headers.get("retry-after", ""))
    except ValueError:
        return None


def _wait(most: float, asked: float | None, sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait as long as the server asks, else a random part of `most`: so that clients do not return together."""
    sleep(asked if asked is not None else random.uniform(most / 2, most))


@lru_cache(maxsize=32)
def server_fault(url: str, model: str) -> str:
    """Return what is wrong with a server, as a sentence; empty where it answers and names the model."""
    try:
        answer = httpx2.get(f"{url.rstrip('/')}/models", headers=_key(), timeout=_GLANCE).raise_for_status()
        served = [str(entry["id"]) for entry in answer.json()["data"]]
    except httpx2.HTTPError as error:
        return f"the server {url} does not answer ({error})"
    except (ValueError, KeyError, TypeError):
        return ""  # it answers, and does not say what it serves
    return "" if model in served else f"the server {url} serves {', '.join(served) or 'nothing'}, not {model}"


def _key() -> dict[str, str]:
    key = os.environ.get("AUDSEM_API_KEY") or os.environ.get("OPENAI_API_KEY")
    return {"Authorization": f"Bearer {key}"} if key else {}
