"""Two thresholds of one score, side by side: how many clips each keeps, and which lie between."""

import math
from dataclasses import dataclass

from audsem_data.browse.index import Index
from audsem_data.core.errors import UsageError
from audsem_data.core.stage import Filter
from audsem_data.runtime.discovery import load_stages


@dataclass(frozen=True)
class Compared:
    """Counts of clips that have the score.

    Attributes:
        score, doc: what is measured. at_least: whether clips are kept that have the threshold or more.
        a, b: the thresholds. kept_a, kept_b, total: clips that each keeps, and all.
        low, high: the lowest and the highest score there is.
    """

    score: str
    doc: str
    at_least: bool
    a: float
    b: float
    kept_a: int
    kept_b: int
    total: int
    low: float
    high: float

    @property
    def span(self) -> tuple[float, float]:
        """From which score (included) to which (excluded) one threshold keeps and the other does not."""
        low, high = sorted((self.a, self.b))
        if self.at_least:
            return low, high
        return math.nextafter(low, math.inf), math.nextafter(high, math.inf)

    @property
    def between(self) -> int:
        """How many clips one keeps and the other does not."""
        return abs(self.kept_a - self.kept_b)


def compare(index: Index, score: str, a: str, b: str) -> Compared:
    """Return both thresholds compared; one that is empty is the declared one, or the median.

    Raises UsageError for a score that is not there, or a threshold that is no number.
    """
    if score not in index.scores:
        raise UsageError(f"score: no score is called {score!r}; scores: {', '.join(index.scores) or 'none'}")
    declared = _declared(score)
    column = f'"score_{score}"'
    facts = index.ask(
        f"SELECT count({column}) AS total, min({column}) AS low, max({column}) AS high, median({column}) AS middle "
        "FROM clips"
    )[0]
    usual = declared.at_least if declared.at_least is not None else declared.at_most
    first = _number(a, usual if usual is not None else facts["middle"] or 0.0)
    second = _number(b, facts["middle"] or 0.0)
    sign = ">=" if declared.at_least is not None else "<="
    kept = index.ask(
        f"SELECT count(*) FILTER ({column} {sign} $a) AS a, count(*) FILTER ({column} {sign} $b) AS b FROM clips",
        {"a": first, "b": second},
    )[0]
    return Compared(
        score,
        declared.doc,
        declared.at_least is not None,
        first,
        second,
        kept["a"],
        kept["b"],
        facts["total"],
        facts["low"] or 0.0,
        facts["high"] or 0.0,
    )


def _declared(score: str) -> Filter:
    found = load_stages()[f"score-{score.replace('_', '-')}"].filter
    assert found is not None
    return found


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text) if text.strip() else float(otherwise)
    except ValueError:
        raise UsageError(f"a threshold is a number, not {text!r}") from None
