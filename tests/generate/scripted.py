"""A server of the OpenAI protocol on loopback whose model answers as a script says: well, or badly on cue.

It also says yes or no of captions, with probabilities.
"""

import json
import math
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from loopback import running

from audsem_data.llm.answers import Task, Variant
from audsem_data.llm.endpoint import Endpoint
from audsem_data.rules.writer import write

TITLES: Mapping[str, Task] = {
    "Task: a caption": "captioning",
    "Task: multiple choice": "mc_qa",
    "Task: open questions": "open_qa",
    "Task: creative writing": "creative_writing",
}
Fault = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Asked:
    """A request as the model sees it; `task` is None for the judge."""

    task: Task | None
    variant: Variant
    evidence: dict[str, Any]
    body: dict[str, Any]

    @property
    def clip(self) -> str:
        """The caption, which names a clip in these tests."""
        return str(self.evidence["closed_caption"])


Script = Callable[[Asked], str | Fault | None]


def good_answer(asked: Asked) -> dict[str, Any]:
    """Return an answer without a flaw; the right choice is last."""
    if asked.task is None:
        return {"valid": True, "reason": "sound"}
    measured: dict[str, Any] = {
        "duration_s": 4.1, "loudness_lufs": -18.0, "level_trend": "steady", "silence_fraction": 0.0,
        "onset_count": 0, "tempo_bpm": None, "voiced_fraction": 0.0, "flatness": 0.5, "centroid_hz": 4000.0,
        "crest_db": 9.0,
    }  # fmt: skip
    items = []
    for example in write(asked.task, asked.variant, str(asked.body["seed"]), asked.clip, measured)[:3]:
        item: dict[str, Any] = {} if asked.task == "captioning" else {"question": example.question}
        if example.choices:
            item["choices"] = [*example.choices[1:], example.choices[0]]
        item["thinking"] = example.thinking.replace("\u201c", "").replace("\u201d", "")
        if example.elements:
            item["semantic_elements"] = {name: list(phrases)[:3] for name, phrases in example.elements.items()}
        items.append({**item, "answer": example.answer.replace("\u201c", "").replace("\u201d", "")})
    return {"items": items} if asked.task in ("mc_qa", "open_qa") else items[0]


class ScriptedServer(ThreadingHTTPServer):
    """Answers by `script`; None means well. Keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: Script = lambda asked: None
        self.asked: list[Asked] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Up to and with /v1."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def endpoint(self) -> Endpoint:
        """The server, asked without long waits."""
        return Endpoint(self.url, concurrency=4, attempts=3, timeout=20, patience=0.01)

    def written(self) -> list[Asked]:
        """Return the requests to write, without those to judge."""
        return [asked for asked in self.asked if asked.task is not None]


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if body.get("logprobs"):
            self.answer(200, {}, json.dumps(_yes_or_no(body)).encode())
            return
        asked = _asked(body)
        with self.server.lock:
            self.server.asked.append(asked)
        said = self.server.script(asked)
        if isinstance(said, tuple):
            status, headers, data = said
        else:
            text = json.dumps(good_answer(asked)) if said is None else said
            status, headers, data = 200, {}, json.dumps(_completion(body, text)).encode()
        self.answer(status, headers, data)

    def answer(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
        """Send a response."""
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


def _asked(body: dict[str, Any]) -> Asked:
    system, user = (message["content"] for message in body["messages"])
    task = next((task for title, task in TITLES.items() if title in system), None)
    evidence = re.search(r"<evidence>\n(.*)\n</evidence>", user, re.DOTALL)
    assert evidence
    variant: Variant = "semantic" if "`semantic_elements`: nine" in system else "simple"
    return Asked(task, variant, json.loads(evidence[1]), body)


def _yes_or_no(body: Mapping[str, Any]) -> dict[str, Any]:
    """Say no of chapter marks and of what looks like speech, and yes of any other caption."""
    caption = body["messages"][-1]["content"]
    yes = 0.1 if "hapter" in caption or "told you" in caption else 0.9
    top = [{"token": "yes", "logprob": math.log(yes)}, {"token": "no", "logprob": math.log(1 - yes)}]
    choice = {"message": {"content": "yes"}, "logprobs": {"content": [{"token": "yes", "top_logprobs": top}]}}
    return {"choices": [choice]}


def _completion(body: Mapping[str, Any], text: str) -> dict[str, Any]:
    words = sum(len(message["content"].split()) for message in body["messages"])
    usage = {
        "prompt_tokens": words,
        "completion_tokens": len(text.split()),
        "prompt_tokens_details": {"cached_tokens": words // 2},
    }
    return {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": usage,
    }


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    """Give a running server."""
    with running(ScriptedServer()) as server:
        yield server


@dataclass
class Remembering:
    """A memory without a file."""

    kept: dict[bytes, bytes] = field(default_factory=dict)

    def get(self, key: bytes) -> bytes | None:
        return self.kept.get(key)

    def put(self, key: bytes, payload: bytes) -> None:
        self.kept[key] = payload
