"""The loop: ask, check, judge, ask again; driven by a model that answers well or badly on cue."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from audsem_data.core.outcome import Failed
from audsem_data.llm.answers import Task
from audsem_data.llm.backend import Sampling
from audsem_data.llm.flaws import Flaw
from audsem_data.llm.openai_backend import OpenAIBackend
from audsem_data.llm.responses import Responses
from audsem_data.llm.writing import Clip, Draft, Writer
from audsem_data.llm.writing_prompt import evidence_of

from .evidence import CAPTIONS
from .scripted import Asked, Remembering, ScriptedServer, good_answer, scripted_server

TASKS: tuple[Task, ...] = ("captioning", "mc_qa", "open_qa", "creative_writing")
CLIPS = [
    Clip(f"video{n}_000000000_000003000", evidence_of(caption, {}), caption)
    for n, caption in enumerate(CAPTIONS[:6])
]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as made:
        yield made


def writer(server: ScriptedServer, **options: Any) -> Writer:
    responses = Responses(OpenAIBackend(server.endpoint, "m", "json_schema"), "m")
    return Writer(responses, options.pop("judge", responses), Sampling(), **options)


def write_all(
    made: Writer, task: Task, clips: Sequence[Clip] = CLIPS, memory: Remembering | None = None
) -> list[list[Draft]]:
    return made.write(task, ("simple", "semantic"), clips, memory or Remembering())


@pytest.mark.parametrize("task", TASKS)
def test_good_answers_are_kept_at_the_first_attempt(server: ScriptedServer, task: Task) -> None:
    groups = write_all(writer(server), task)
    assert all(draft.examples and not draft.refused for group in groups for draft in group)
    assert len(server.written()) == len(CLIPS) * 2
    assert len(server.asked) == len(CLIPS) * 4  # each answer is judged, in a call of its own
    for group in groups:
        assert [draft.examples[0].elements is None for draft in group] == [True, False]
        for draft in group:
            for example in draft.examples:
                assert example.choices is None or example.choices[0] == example.answer


@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_no_clip_is_lost_at_any_batch_size(server: ScriptedServer, size: int) -> None:
    server.script = lambda asked: "{}" if asked.body["seed"] % 3 == 0 else None  # many first answers are bad
    found = []
    for start in range(0, len(CLIPS), size):
        found += write_all(writer(server), "open_qa", CLIPS[start : start + size])
    whole = write_all(writer(server), "open_qa")
    told = [[(d.examples, d.refused) for d in group] for group in found]
    assert told == [[(d.examples, d.refused) for d in group] for group in whole]
    assert len(found) == len(CLIPS)


def spoiled(**changes: Any) -> Callable[[Asked], str]:
    """Return a script that gives a good answer with some fields changed, in its first item."""

    def script(asked: Asked) -> str:
        answer = good_answer(asked)
        (answer["items"][0] if "items" in answer else answer).update(changes)
        return json.dumps(answer)

    return script


def the_same_twice(asked: Asked) -> str:
    return json.dumps({"items": good_answer(asked)["items"][:1] * 2})


THINKING = (
    "Well, it patters softly and evenly, and at first it might be applause, but hands would leave gaps. Hmm, "
    "perhaps it is water on a roof, since the drops are tiny and dense, and nothing else comes in between, so "
    "in the end I settle on that and on nothing more than that."
)
BAD: list[tuple[Task, Any, Flaw]] = [
    ("open_qa", lambda asked: "no JSON at all", Flaw.UNREADABLE),
    ("open_qa", lambda asked: json.dumps(good_answer(asked))[:-2], Flaw.UNREADABLE),
    ("open_qa", lambda asked: '{"items": [], "items": []}', Flaw.UNREADABLE),
    ("captioning", spoiled(more="x"), Flaw.UNREADABLE),
    ("captioning", spoiled(answer="a\nb"), Flaw.UNREADABLE),
    ("captioning", spoiled(answer="rain " * 2 + " ".join(f"word{n}" for n in range(50))), Flaw.LONG_ANSWER),
    ("captioning", spoiled(thinking="Too short."), Flaw.SHORT_THINKING),
    ("captioning", spoiled(thinking=f"{THINKING} The caption says rain."), Flaw.LEAK),
    ("captioning", spoiled(answer="A door slams, as can be seen on screen."), Flaw.VISUAL),
    ("captioning", spoiled(answer="A door slams at 0:03."), Flaw.TIMESTAMP),
    ("captioning", spoiled(answer="I'm sorry, but I cannot listen to recordings."), Flaw.REFUSAL),
    ("captioning", spoiled(answer="A man says 'come here at once' and leaves."), Flaw.SPEECH),
    ("captioning", spoiled(answer="Rain and rain and rain and rain and rain and rain."), Flaw.REPEATS),
    ("captioning", spoiled(answer="N/A"), Flaw.EMPTY),
    ("captioning", spoiled(answer="**Rain**"), Flaw.JSON_REMAINS),
    ("open_qa", spoiled(question="Is it raining?"), Flaw.YES_NO),
    ("open_qa", the_same_twice, Flaw.ITEM_COUNT),
    ("mc_qa", spoiled(answer="Something else"), Flaw.BAD_CHOICES),
    ("mc_qa", spoiled(choices=["A. Rain", "Wind", "Fire", "Bells"], answer="A. Rain"), Flaw.BAD_CHOICES),
    ("mc_qa", spoiled(choices=["Rain", "The rain", "Fire", "Bells"], answer="Fire"), Flaw.BAD_CHOICES),
]


@pytest.mark.parametrize(("task", "bad", "flaw"), BAD)
def test_a_bad_answer_is_asked_for_again_and_told(
    server: ScriptedServer, task: Task, bad: Callable[[Asked], str], flaw: Flaw
) -> None:
    seen: Counter[str] = Counter()

    def script(asked: Asked) -> str | None:
        seen[asked.variant] += asked.task is not None
        return bad(asked) if asked.task and seen[asked.variant] <= 2 else None

    server.script = script
    [group] = write_all(writer(server), task, CLIPS[:1])
    for draft in group:
        assert [line.partition(":")[0] for line in draft.refused] == [flaw, flaw]
        assert draft.examples
    assert seen == {"simple": 3, "semantic": 3}


def test_what_never_becomes_fit_fails_with_every_reason(server: ScriptedServer) -> None:
    bad = [script for task, script, _ in BAD if task == "captioning"]
    turn: Counter[str] = Counter()

    def script(asked: Asked) -> str | None:
        turn[asked.variant] += 1
        return bad[turn[asked.variant] % len(bad)](asked)  # type: ignore[no-any-return]

    server.script = script
    [group] = write_all(writer(server), "captioning", CLIPS[:1])
    for draft in group:
        assert not draft.examples
        assert len(draft.refused) == 6  # once, and five times again
        assert isinstance(draft.failure, Failed)
        assert not draft.failure.reason.transient
        assert str(draft.failure.reason) == draft.refused[-1].partition(":")[0]
        assert len({line.partition(":")[0] for line in draft.refused}) > 3


def test_the_judge_rejects_and_is_told(server: ScriptedServer) -> None:
    verdicts = iter(['{"valid": false, "reason": "nothing supports the wind"}', "{}", None] * 2)
    server.script = lambda asked: next(verdicts) if asked.task is None else None
    [[draft]] = writer(server).write("captioning", ("simple",), CLIPS[:1], Remembering())
    assert draft.refused == ["judged_invalid: nothing supports the wind", "unjudged: valid: Field required"]
    assert draft.examples
    judged = [asked.body for asked in server.asked if asked.task is None]
    assert {body["temperature"] for body in judged} == {0.0}
    output = judged[0]["messages"][1]["content"].partition("<output>")[2]
    assert json.loads(output.partition("</output>")[0]).keys() == {"thinking", "answer"}


def test_without_a_judge_nobody_judges(server: ScriptedServer) -> None:
    groups = write_all(writer(server, judge=None), "captioning")
    assert all(draft.examples for group in groups for draft in group)
    assert len(server.asked) == len(CLIPS) * 2


def test_a_server_that_fails_costs_no_attempt_and_nothing_twice(server: ScriptedServer) -> None:
    memory = Remembering()
    server.script = lambda asked: (503, {"retry-after": "0"}, b"busy") if asked.clip == CLIPS[2].caption else None
    groups = write_all(writer(server), "captioning", memory=memory)
    [failed] = [group for group in groups if not group[0].examples]
    assert failed[0].clip is CLIPS[2]
    assert all(draft.failure and draft.failure.reason.transient and not draft.refused for draft in failed)
    server.script, server.asked = lambda asked: None, []
    again = write_all(writer(server), "captioning", memory=memory)
    assert all(draft.examples for group in again for draft in group)
    assert {asked.clip for asked in server.asked} == {CLIPS[2].caption}
    assert len(server.asked) == 4  # both variants, written and judged
    usage = Counter[str]()
    for group in again:
        for draft in group:
            usage.update(draft.usage)
    assert usage["requests"] == len(CLIPS) * 2
    assert usage["remembered"] == len(CLIPS) * 2 - 2


def test_a_refused_request_is_kept_as_refused(server: ScriptedServer) -> None:
    memory = Remembering()
    server.script = lambda asked: (400, {}, b"too long")
    first = write_all(writer(server), "captioning", CLIPS[:1], memory)
    count = len(server.asked)
    again = write_all(writer(server), "captioning", CLIPS[:1], memory)
    assert len(server.asked) == count == 2
    for groups in (first, again):
        assert [str(d.failure and d.failure.reason) for d in groups[0]] == ["refused", "refused"]


def test_the_same_is_written_again_and_a_retry_asks_anew(server: ScriptedServer) -> None:
    memory = Remembering()
    first = write_all(writer(server), "mc_qa", memory=memory)
    asked = len(server.asked)
    assert [[d.examples for d in g] for g in write_all(writer(server), "mc_qa", memory=memory)] == [
        [d.examples for d in g] for g in first
    ]
    assert len(server.asked) == asked
    seeds = {body.body["seed"] for body in server.asked}
    assert len(seeds) == asked  # each request draws by itself
    later = [Clip(clip.clip_id, clip.evidence, clip.caption, tries=1) for clip in CLIPS]
    write_all(writer(server), "mc_qa", later, memory)
    assert len(server.asked) == 2 * asked
    assert len({body.body["seed"] for body in server.asked}) == 2 * asked


def test_another_seed_or_model_asks_anew(server: ScriptedServer) -> None:
    memory = Remembering()
    write_all(writer(server), "captioning", CLIPS[:1], memory)
    count = len(server.asked)
    write_all(writer(server, seed=1), "captioning", CLIPS[:1], memory)
    assert len(server.asked) == 2 * count
    other = Responses(OpenAIBackend(server.endpoint, "m", "json_schema"), "another")
    Writer(other, other, Sampling()).write("captioning", ("simple", "semantic"), CLIPS[:1], memory)
    assert len(server.asked) == 3 * count


def test_requests_carry_schema_seed_and_sampling_in_the_dialect(server: ScriptedServer) -> None:
    write_all(writer(server, judge=None), "captioning", CLIPS[:1])
    body = next(asked.body for asked in server.asked if asked.variant == "simple")  # both are asked at once
    assert body["response_format"]["type"] == "json_schema"
    assert list(body["response_format"]["json_schema"]["schema"]["properties"]) == ["thinking", "answer"]
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.7, 0.8, 2048)
    assert 0 <= body["seed"] < 2**31
    responses = Responses(OpenAIBackend(server.endpoint, "m", "llama.cpp"), "m")
    Writer(responses, None, Sampling()).write("captioning", ("simple",), CLIPS[:1], Remembering())
    assert server.asked[-1].body["response_format"].keys() == {"type", "schema"}
