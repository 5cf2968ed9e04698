"""The checks against planted violations and near misses: every violation is caught, false alarms are counted."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from audsem_data.llm.answers import Example
from audsem_data.llm.flaws import Flaw
from audsem_data.llm.schemas import with_answer_first
from audsem_data.llm.validators import find_flaw

PLANTED = Path(__file__).with_name("planted.txt")
FLAWS = {
    "leak": Flaw.LEAK,
    "timestamp": Flaw.TIMESTAMP,
    "visual": Flaw.VISUAL,
    "speech": Flaw.SPEECH,
    "refusal": Flaw.REFUSAL,
    "yes_no": Flaw.YES_NO,
    "repeats": Flaw.REPEATS,
    "choices": Flaw.BAD_CHOICES,
    "json_remains": Flaw.JSON_REMAINS,
    "empty": Flaw.EMPTY,
}
SOUND = (
    "Well, it patters softly and evenly at first, and I wonder about hands, but those would leave gaps. Hmm, "
    "perhaps it comes from drops on a hard roof, since they are tiny and dense, with no pause in between, and so "
    "in the end I lean towards that rather than anything else."
)


class Planted(NamedTuple):
    """A line of the file."""

    kind: str
    violates: bool
    caption: str
    text: str

    def example(self) -> Example:
        """Return an example that is sound but for the planted text."""
        if self.kind == "yes_no":
            return Example(self.text, SOUND, "It patters on and on.")
        if self.kind == "choices":
            options, _, answer = self.text.partition("=>")
            choices, answer = with_answer_first([option.strip() for option in options.split("|")], answer.strip())
            return Example("Which sound is it?", SOUND, answer, choices)
        if self.kind in ("empty", "json_remains"):
            return Example("Which sound is it?", SOUND, self.text)
        return Example("Which sound is it?", f"{SOUND} {self.text}" if self.text else SOUND, "It patters on.")


def planted() -> Iterator[Planted]:
    kind = ""
    for line in PLANTED.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line[:1] in ("!", "."):
            caption, mark, text = line[1:].strip().partition(" >> ")
            yield Planted(kind, line[0] == "!", caption if mark else "", text if mark else caption)


def test_every_planted_violation_is_caught() -> None:
    missed, alarms, counts = [], [], Counter[tuple[str, bool]]()
    for one in planted():
        counts[one.kind, one.violates] += 1
        found = find_flaw(one.example(), one.caption, open_question=True)
        if one.violates and found is None:
            missed.append(one)
        if not one.violates and found is not None:
            alarms.append((one.text, *found))
    print(f"{sum(counts.values())} planted; near misses that were refused: {len(alarms)}")  # noqa: T201
    assert sum(counts.values()) >= 300
    assert not missed
    assert len(alarms) <= 0.05 * sum(n for (_, violates), n in counts.items() if not violates), alarms
    assert {kind for kind, _ in counts} == FLAWS.keys()


def test_a_violation_is_called_by_its_name() -> None:
    wrong = [
        (one.text, found and found[0])
        for one in planted()
        if one.violates and (found := find_flaw(one.example(), one.caption, open_question=True))
        and found[0] is not FLAWS[one.kind]
    ]  # fmt: skip
    assert len(wrong) <= 12, wrong  # some texts break two rules, and the first that is asked names them
