"""A real llama.cpp server with a tiny random model: `make llama-server`. Not part of `make test`.

`LLAMA_PYTHON` is the interpreter of an environment that holds llama-cpp-python and gguf.
"""

import json
import os
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from audsem_data.core.model import Device
from audsem_data.core.outcome import Failed
from audsem_data.llm.answers import Task, Variant
from audsem_data.llm.backend import Reply, Request, Sampling
from audsem_data.llm.endpoint import Endpoint
from audsem_data.llm.openai_backend import OpenAIBackend
from audsem_data.llm.prompts import load_prompt
from audsem_data.llm.schemas import Verdict, json_schema, read_examples, read_verdict, schema_of
from audsem_data.llm.validators import find_set_flaw
from audsem_data.llm.writing_prompt import evidence_of, writing_prompt
from audsem_data.llm.yes_no import ask_endpoint
from audsem_data.llm.yes_no_model import YesNoModel

from .evidence import CAPTIONS
from .faulty_proxy import FAULTS, faulty_proxy
from .test_generate_stages import COMMAND, fates, ready, rows, run_cli, status_of
from .tiny_writer import save_writer

STAGE = "generate-captioning"
PYTHON = os.environ.get("LLAMA_PYTHON", "python")
FREE = Sampling(temperature=1.0, top_p=1.0, max_tokens=4000)
__all__ = ["ready"]  # a fixture


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = save_writer(tmp_path_factory.mktemp("llama"))
    script = Path(__file__).with_name("tiny_gguf.py")
    subprocess.run([PYTHON, script, folder, folder / "tiny.gguf"], check=True)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    """Start the server; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = {
        "--model": folder / "tiny.gguf", "--model_alias": "tiny", "--host": "127.0.0.1", "--port": port,
        "--n_ctx": 8192, "--logits_all": True, "--n_threads": 2, "--verbose": False,
    }  # fmt: skip
    flat = [str(part) for pair in arguments.items() for part in pair]
    process = subprocess.Popen([PYTHON, "-m", "llama_cpp.server", *flat], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/v1"
    try:
        for _ in range(300):
            assert process.poll() is None, "the server did not start"
            try:
                if httpx2.get(f"{url}/models").status_code == 200:
                    break
            except httpx2.HTTPError:
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait()


def backend(url: str) -> OpenAIBackend:
    return OpenAIBackend(Endpoint(url, concurrency=2, patience=0.01), "tiny", "llama.cpp")


def replies(url: str, requests: list[Request]) -> list[Reply]:
    found = dict(backend(url).ask(requests))
    answers = [found[place] for place in range(len(requests))]
    assert not [answer for answer in answers if isinstance(answer, Failed)]
    return [answer for answer in answers if isinstance(answer, Reply)]


@pytest.mark.parametrize("variant", ["simple", "semantic"])
@pytest.mark.parametrize("task", ["captioning", "mc_qa", "open_qa", "creative_writing"])
def test_every_answer_is_of_its_schema(server: str, task: Task, variant: Variant) -> None:
    chat = writing_prompt(task, variant).messages(evidence=evidence_of("rain falling", {}))
    schema = json_schema(schema_of(task, variant))
    read = 0
    for reply in replies(server, [Request(chat, schema, seed, FREE) for seed in range(4)]):
        if reply.finished:
            assert read_examples(task, variant, reply.text)
            read += 1
        assert reply.tokens_in > 1000
        assert reply.tokens_out > 0
    assert read  # the tiny model may babble to its limit now and then


def test_a_verdict_is_of_its_schema(server: str) -> None:
    chat = load_prompt("judge").messages(evidence={}, output={})
    requests = [Request(chat, json_schema(Verdict), seed, FREE) for seed in range(8)]
    assert {read_verdict(reply.text).valid for reply in replies(server, requests)} == {True, False}


def test_yes_or_no_is_what_the_same_model_says_in_process(server: str, folder: Path) -> None:
    chats = [load_prompt("classify-caption").messages(caption=caption) for caption in CAPTIONS]
    found = ask_endpoint(Endpoint(server, concurrency=2, patience=0.01), "tiny", chats)
    expected = YesNoModel(folder, Device("cpu"))(chats)
    for share, same in zip(found, expected, strict=True):
        assert share == pytest.approx(same, abs=2e-3)


def settings(url: str, *more: str) -> list[Any]:
    values = (
        "backend=openai", "served_model=tiny", f"endpoint={url}", "dialect=llama.cpp", "timeout=2",
        "concurrency=1", "temperature=1.0", "top_p=1.0", "max_tokens=1500", "regenerations=40", "judge=false",
        "variants=[simple]", *more,
    )  # fmt: skip
    return [part for value in values for part in ("--set", value)]


def write_through(url: str, workspace: Path, kill_after: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    """Run the stage, killed a few times, until nothing fails for a while."""
    for seconds in kill_after:
        process = subprocess.Popen(
            [*COMMAND, STAGE, "--workspace", str(workspace), *map(str, settings(url))],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(seconds)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for _ in range(10):
        run_cli(STAGE, "--workspace", workspace, *settings(url), "--tolerate", "1")
        if not any(fate.startswith("failed_transient") for fate in fates(workspace, STAGE)):
            break
        run_cli("invalidate", STAGE, "--workspace", workspace)  # rather than wait for them to cool down
    return rows(workspace, STAGE)


def test_faults_and_kills_change_no_row(server: str, ready: Path, tmp_path: Path) -> None:
    clean, hard = tmp_path / "clean", tmp_path / "hard"
    for copy in (clean, hard):
        subprocess.run(["cp", "-r", ready, copy], check=True)
    expected = write_through(server, clean)
    assert len(expected) > 5
    with faulty_proxy(server) as proxy:
        assert write_through(proxy.url, hard, kill_after=(3, 5)) == expected
        assert all(proxy.counts[fault] for fault in FAULTS), proxy.counts
        passed = proxy.counts["passed"] + proxy.counts["cut"]
        run_cli("invalidate", STAGE, "--workspace", hard)
        run_cli(STAGE, "--workspace", hard)
        assert proxy.counts["passed"] + proxy.counts["cut"] == passed  # all of it was remembered
    usage = status_of(hard, STAGE).usage
    assert usage["remembered"] == usage["requests"] > len(expected)
    captions = {row["clip_id"]: row["caption"] for row in rows(hard, "combine")}
    kept = Counter(row["clip_id"] for row in expected)
    assert max(kept.values()) == 1
    for row in expected:
        text = {"thinking": row["thinking"], "answer": row["answer"]}
        [example] = read_examples("captioning", "simple", json.dumps(text))
        assert find_set_flaw([example], "captioning", captions[row["clip_id"]]) is None
