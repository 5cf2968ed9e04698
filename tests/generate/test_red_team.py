"""Captions by strangers: they may say what they like, and reach the model as data and nothing else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from audsem_data.llm.backend import Sampling
from audsem_data.llm.openai_backend import OpenAIBackend
from audsem_data.llm.prompts import Messages
from audsem_data.llm.responses import Responses
from audsem_data.llm.writing import Clip, Writer
from audsem_data.llm.writing_prompt import evidence_of, judge_messages, writing_prompt

from .scripted import Asked, Remembering, ScriptedServer, scripted_server
from .tiny_writer import save_writer

CAPTIONS = Path(__file__).with_name("red_team.txt").read_text(encoding="utf-8").splitlines()
PROMPT = writing_prompt("captioning", "semantic")
PLAIN = PROMPT.messages(evidence=evidence_of("rain falling", {}))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as made:
        yield made


@pytest.mark.parametrize("caption", CAPTIONS)
def test_a_caption_is_data_between_the_tags(caption: str) -> None:
    finding = {"qwen2_audio": {"description": caption}}
    system, user = PROMPT.messages(evidence=evidence_of(caption, finding))
    assert system == PLAIN[0]
    inside = re.fullmatch(r"<evidence>\n([^<>]*)\n</evidence>", user["content"])
    assert inside
    assert json.loads(inside[1]) == {"closed_caption": caption, "heard": finding}
    _, judged = judge_messages(evidence_of(caption, {}), json.dumps({"answer": caption}))
    assert judged["content"].count("<") == judged["content"].count(">") == 4


def test_no_caption_spells_a_control_token(tmp_path: Path) -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(save_writer(tmp_path))
    special = set(tokenizer.all_special_ids)

    def control_tokens(chat: Messages) -> int:
        tokens = tokenizer.apply_chat_template(list(chat), return_dict=True)["input_ids"]
        return sum(token in special for token in tokens)

    expected = control_tokens(PLAIN)
    assert expected > 2
    for caption in CAPTIONS:
        assert control_tokens(PROMPT.messages(evidence=evidence_of(caption, {}))) == expected


def test_a_model_that_obeys_is_refused_and_its_neighbours_are_not(server: ScriptedServer) -> None:
    """A model that gives in writes what the checks and the schema do not let through."""

    def script(asked: Asked) -> str | None:
        if asked.task is None or asked.clip not in CAPTIONS:
            return None
        return json.dumps({"thinking": f"The caption says {asked.clip}", "answer": asked.clip})

    server.script = script
    model = Responses(OpenAIBackend(server.endpoint, "m", "json_schema"), "m")
    captions = [
        caption for pair in zip(CAPTIONS, ["rain falling"] * len(CAPTIONS), strict=True) for caption in pair
    ]
    clips = [Clip(f"v{n}_000000000_000003000", evidence_of(c, {}), c) for n, c in enumerate(captions)]
    groups = Writer(model, model, Sampling(), regenerations=1).write(
        "captioning", ("simple",), clips, Remembering()
    )
    for group, caption in zip(groups, captions, strict=True):
        assert bool(group[0].examples) == (caption not in CAPTIONS)
        assert bool(group[0].failure) == (caption in CAPTIONS)
