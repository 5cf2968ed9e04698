"""What generation costs beside the model: the shared part of prompts, and rows a second on one core.

    python benchmarks/bench_generate.py [CLIPS]

The backend answers at once, from answers made before the clock starts, so that what is measured is ours alone.
Shares are of characters.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from audsem_data.core.outcome import Failed
from audsem_data.llm.answers import Task
from audsem_data.llm.backend import Reply, Request, Sampling
from audsem_data.llm.responses import Responses
from audsem_data.llm.schemas import read_examples
from audsem_data.llm.validators import find_set_flaw
from audsem_data.llm.writing import Clip, Writer
from audsem_data.llm.writing_prompt import evidence_of, writing_prompt
from audsem_data.rules.writer import write

TASKS: tuple[Task, ...] = ("captioning", "mc_qa", "open_qa", "creative_writing")
CAPTION = "dog barks, then a door slams"
MEASURED = {
    "duration_s": 4.1, "loudness_lufs": -18.0, "level_trend": "steady", "silence_fraction": 0.0, "onset_count": 0,
    "tempo_bpm": None, "voiced_fraction": 0.0, "flatness": 0.5, "centroid_hz": 4000.0, "crest_db": 9.0,
}  # fmt: skip
REPEATS = 5


class Ready:
    """A backend and a memory: it has the answer, and forgets."""

    def __init__(self, text: str) -> None:
        self._text = text

    def ask(self, requests: Sequence[Request]) -> Iterator[tuple[int, Reply | Failed]]:
        for place in range(len(requests)):
            yield place, Reply(self._text)

    def get(self, key: bytes) -> bytes | None:
        return None

    def put(self, key: bytes, payload: bytes) -> None:
        pass


def findings() -> dict[str, object]:
    """Return what annotators say of a clip, in their usual amount."""
    tags = [{"label": "Dog", "probability": 0.71234}] * 5
    seconds = [{"second": n, "classes": tags} for n in range(5)]
    sentence = "A dog barks loudly and repeatedly while people talk in the distance and a door is shut."
    return {
        "acoustics": MEASURED,
        "beats": {"tags": tags},
        "ast": {"tags": tags},
        "sat": {"seconds": seconds},
        "conette": {"caption": sentence},
        "qwen2_audio": {"description": sentence * 3},
    }


def answer(task: Task) -> str:
    """Return a sound answer of a task, with descriptors."""
    items = []
    for example in write(task, "semantic", "0", CAPTION, MEASURED):
        item: dict[str, object] = {} if task == "captioning" else {"question": example.question}
        item |= {"choices": list(example.choices)} if example.choices else {}
        item["thinking"] = example.thinking.replace("\u201c", "").replace("\u201d", "")
        item["semantic_elements"] = {name: list(phrases)[:3] for name, phrases in (example.elements or {}).items()}
        items.append({**item, "answer": example.answer.replace("\u201c", "").replace("\u201d", "")})
    return json.dumps({"items": items} if task in ("mc_qa", "open_qa") else items[0])


def rate(work: Callable[[], None], rows: int) -> float:
    """Return rows a second: the median of a few runs."""
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return rows / statistics.median(seconds)


def measure(task: Task, clips: int) -> None:
    """Print a task's line."""
    evidence, prompt, text = evidence_of(CAPTION, findings()), writing_prompt(task, "semantic"), answer(task)
    system, user = (message["content"] for message in prompt.messages(evidence=evidence))
    own = json.dumps(evidence)
    instructions = len(system) + len(user) - len(own)
    before = len(system) + user.index("{")
    rows = clips * len(read_examples(task, "semantic", text))
    ready = Ready(text)
    writer = Writer(Responses(ready, "m"), None, Sampling())
    batch = [Clip(f"v{n}_000000000_000004100", evidence, CAPTION) for n in range(clips)]

    def render() -> None:
        for _ in range(clips):
            prompt.messages(evidence=evidence_of(CAPTION, findings()))

    def check() -> None:
        for _ in range(clips):
            assert find_set_flaw(read_examples(task, "semantic", text), task, CAPTION) is None

    def loop() -> None:
        for [draft] in writer.write(task, ("semantic",), batch, ready):
            assert draft.examples, draft.refused

    rendered, checked = rate(render, rows), rate(check, rows)
    rates = (rendered, checked, 1 / (1 / rendered + 1 / checked), rate(loop, rows))
    shares = (before / instructions, len(system) / (len(system) + len(user)))
    print(f"{task:<18}" + "".join(f"{x:>14.1%}" for x in shares) + "".join(f"{x:>12,.0f}" for x in rates))


def main(clips: int) -> None:
    print("shares: of instructions, what precedes anything of a clip; of prompts, what is shared; then rows/s")
    titles = ("instructions", "prompt")
    print(
        f"{'task':<18}"
        + "".join(f"{t:>14}" for t in titles)
        + f"{'render':>12}{'check':>12}{'both':>12}{'loop':>12}"
    )
    for task in TASKS:
        measure(task, clips)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
