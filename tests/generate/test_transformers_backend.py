"""A model in this process, a tiny random model whose words mean nothing: valid JSON, and the same again."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.core.outcome import Failed
from audsem_data.llm.answers import Task, Variant
from audsem_data.llm.backend import Reply, Request, Sampling
from audsem_data.llm.responses import Responses
from audsem_data.llm.schemas import Verdict, json_schema, read_examples, read_verdict, schema_of
from audsem_data.llm.transformers_backend import TransformersBackend
from audsem_data.llm.validators import find_set_flaw
from audsem_data.llm.writing import Clip, Writer
from audsem_data.llm.writing_prompt import evidence_of, writing_prompt

from .evidence import CAPTIONS
from .scripted import Remembering
from .tiny_writer import save_writer

FREE = Sampling(temperature=1.0, top_p=1.0, max_tokens=6000)
CHAT = writing_prompt("captioning", "simple").messages(evidence=evidence_of("rain falling", {}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return save_writer(tmp_path_factory.mktemp("writer"))


@pytest.fixture(scope="module")
def backend(folder: Path) -> TransformersBackend:
    return TransformersBackend(folder, Device("cpu"))


@pytest.fixture(scope="module")
def terse(tmp_path_factory: pytest.TempPathFactory) -> TransformersBackend:
    return TransformersBackend(save_writer(tmp_path_factory.mktemp("terse"), ending=0.3), Device("cpu"))


def replies(backend: TransformersBackend, requests: Sequence[Request]) -> list[Reply]:
    found = dict(backend.ask(requests))
    answers = [found[place] for place in range(len(requests))]
    assert not any(isinstance(answer, Failed) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Reply)]


@pytest.mark.parametrize("variant", ["simple", "semantic"])
@pytest.mark.parametrize("task", ["captioning", "mc_qa", "open_qa", "creative_writing"])
def test_every_answer_is_of_its_schema(terse: TransformersBackend, task: Task, variant: Variant) -> None:
    schema = json_schema(schema_of(task, variant))
    for reply in replies(terse, [Request(CHAT, schema, seed, FREE) for seed in range(5)]):
        assert reply.finished
        examples = read_examples(task, variant, reply.text)
        assert len(examples) in ((2, 3) if task in ("mc_qa", "open_qa") else (1,))
        assert all((example.elements is None) == (variant == "simple") for example in examples)


def test_a_verdict_is_of_its_schema(terse: TransformersBackend) -> None:
    requests = [Request(CHAT, json_schema(Verdict), seed, FREE) for seed in range(12)]
    assert {read_verdict(reply.text).valid for reply in replies(terse, requests)} == {True, False}


def test_an_answer_depends_on_its_seed_and_on_nothing_beside_it(backend: TransformersBackend) -> None:
    schema = json_schema(schema_of("captioning", "simple"))
    requests = [Request(CHAT, schema, seed, FREE) for seed in range(4)]
    together = [reply.text for reply in replies(backend, requests)]
    assert together == [replies(backend, [request])[0].text for request in requests]
    assert len(set(together)) == 4
    greedy = [Request(CHAT, schema, seed, Sampling(0.0, 1.0, 40)) for seed in range(2)]
    assert len({reply.text for reply in replies(backend, greedy)}) == 1


def test_tokens_are_counted_and_a_limit_is_told(backend: TransformersBackend) -> None:
    [reply] = replies(
        backend, [Request(CHAT, json_schema(schema_of("mc_qa", "simple")), 0, Sampling(1.0, 1.0, 30))]
    )
    assert (reply.finished, reply.tokens_out) == (False, 30)
    letters = sum(len(message["content"].encode()) for message in CHAT)
    assert reply.tokens_in > letters  # every byte is a token of this model; the template's own come on top


def test_what_is_kept_is_sound_and_the_same_again(backend: TransformersBackend) -> None:
    model = Responses(backend, "tiny")
    writer = Writer(model, None, FREE, regenerations=40)
    clips = [Clip(f"v{n}_000000000_000003000", evidence_of(c, {}), c) for n, c in enumerate(CAPTIONS[:3])]
    first, again = (writer.write("captioning", ("simple",), clips, Remembering()) for _ in range(2))
    for group in first:
        [draft] = group
        assert draft.examples, draft.refused
        assert find_set_flaw(draft.examples, "captioning", draft.clip.caption) is None
    assert sum(len(draft.refused) for [draft] in first) > 0
    assert [(d.examples, d.refused) for [d] in first] == [(d.examples, d.refused) for [d] in again]


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no model folder"):
        TransformersBackend(tmp_path / "gone", Device("cpu"))
