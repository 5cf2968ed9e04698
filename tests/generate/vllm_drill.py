"""vLLM in this process, with the tiny random model: `make vllm`. Not part of `make test`.

Where there is no GPU the build of vLLM for processors is used, which somebody else than vLLM's makers publishes.
"""

import os

import cpu_standins  # noqa: F401  (first: see there)
import pytest

from audsem_data.core.outcome import Failed
from audsem_data.llm.answers import Task, Variant
from audsem_data.llm.backend import Reply, Request, Sampling
from audsem_data.llm.schemas import json_schema, read_examples, schema_of
from audsem_data.llm.vllm_backend import VllmBackend
from audsem_data.llm.writing_prompt import evidence_of, writing_prompt

from .evidence import CAPTIONS
from .tiny_writer import save_writer

os.environ |= {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # in this process, where the operators are declared
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "HF_HUB_OFFLINE": "1",
}
FREE = Sampling(temperature=1.0, top_p=1.0, max_tokens=3600)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> VllmBackend:
    return VllmBackend(save_writer(tmp_path_factory.mktemp("writer"), ending=0.12), "float32", max_model_len=8192)


def replies(backend: VllmBackend, requests: list[Request]) -> list[Reply]:
    found = dict(backend.ask(requests))
    answers = [found[place] for place in range(len(requests))]
    assert not [answer for answer in answers if isinstance(answer, Failed)]
    return [answer for answer in answers if isinstance(answer, Reply)]


@pytest.mark.parametrize("variant", ["simple", "semantic"])
@pytest.mark.parametrize("task", ["captioning", "mc_qa", "open_qa", "creative_writing"])
def test_answers_are_of_their_schema_and_the_prefix_is_cached(
    backend: VllmBackend, task: Task, variant: Variant
) -> None:
    prompt = writing_prompt(task, variant)
    chats = [prompt.messages(evidence=evidence_of(caption, {})) for caption in CAPTIONS[:4]]
    schema = json_schema(schema_of(task, variant))
    replies(backend, [Request(chats[0], schema, 0, FREE)])
    later = replies(backend, [Request(chat, schema, seed, FREE) for seed, chat in enumerate(chats)])
    read = [read_examples(task, variant, reply.text) for reply in later if reply.finished]
    assert read
    shared = len(chats[0][0]["content"].encode())  # a byte is a token of this model
    for reply in later:
        assert reply.tokens_cached >= shared - 128  # whole blocks are cached
        assert reply.tokens_in > reply.tokens_cached
        assert reply.tokens_out > 0


def test_an_answer_depends_on_its_seed_and_not_on_its_neighbours(backend: VllmBackend) -> None:
    schema = json_schema(schema_of("captioning", "simple"))
    chat = writing_prompt("captioning", "simple").messages(evidence=evidence_of("rain falling", {}))
    requests = [Request(chat, schema, seed, FREE) for seed in range(6)]
    together = [reply.text for reply in replies(backend, requests)]
    assert len(set(together)) == 6
    assert together == [replies(backend, [request])[0].text for request in requests]


def test_a_limit_is_told(backend: VllmBackend) -> None:
    chat = writing_prompt("captioning", "simple").messages(evidence=evidence_of("rain falling", {}))
    [reply] = replies(
        backend, [Request(chat, json_schema(schema_of("mc_qa", "simple")), 0, Sampling(1.0, 1.0, 20))]
    )
    assert (reply.finished, reply.tokens_out) == (False, 20)
