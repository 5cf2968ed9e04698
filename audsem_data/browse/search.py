"""What a person asks for, as one SQL statement with parameters: filters, order and page."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from audsem_data.browse.index import Index
from audsem_data.core.errors import UsageError

PAGE = 50
_ORDERS = {"id": "c.clip_id", "shortest": "c.seconds, c.clip_id", "longest": "c.seconds DESC, c.clip_id"}
_REVIEWED = {
    "accept": "r.verdict = 'accept'",
    "reject": "r.verdict = 'reject'",
    "no_sound": "r.verdict = 'no_sound'",
    "comment": "r.comment <> ''",
    "none": "r.verdict IS NULL",
}
_KEPT = {
    "kept": "c.clip_id IN (SELECT clip_id FROM kept)",
    "left": "c.clip_id NOT IN (SELECT clip_id FROM kept)",
    "clips": "c.is_clip",
}


@dataclass(frozen=True)
class Query:
    """What is wanted; an empty text wants everything.

    Attributes:
        text: part of the caption, of a tag or of the id. tag, task: exactly. kept: kept, left or clips.
        stage, reason: where and why a clip was not done; `reason` alone or with its stage.
        score, low, high: from low (included) to high (excluded) of a score.
        reviewed: a verdict, `comment` or `none`.
        order: id, shortest, longest, or `low` and `high` of the score. page: from 0.
    """

    text: str = ""
    stage: str = ""
    reason: str = ""
    tag: str = ""
    task: str = ""
    kept: str = ""
    score: str = ""
    low: float | None = None
    high: float | None = None
    reviewed: str = ""
    order: str = "id"
    page: int = 0

    @classmethod
    def read(cls, given: Mapping[str, str], scores: list[str]) -> "Query":
        """Return the query of an address; raises UsageError that names the parameter that is wrong."""
        values: dict[str, Any] = {}
        for one in fields(cls):
            if text := given.get(one.name, "").strip():
                values[one.name] = _parsed(one.name, text)
        query = cls(**values)
        if query.score and query.score not in scores:
            raise UsageError(f"score: no score is called {query.score!r}; scores: {', '.join(scores) or 'none'}")
        for name, known in (("reviewed", _REVIEWED), ("kept", _KEPT)):
            if getattr(query, name) and getattr(query, name) not in known:
                raise UsageError(f"{name}: expected one of {', '.join(known)}, found {getattr(query, name)!r}")
        return query

    def conditions(self) -> tuple[str, dict[str, Any]]:
        """Return what follows WHERE, and its parameters."""
        found, values = ["true"], dict[str, Any]()
        if self.text:
            values["text"] = f"%{_plain(self.text)}%"
            found.append(
                "(c.caption ILIKE $text ESCAPE '\\' OR c.clip_id ILIKE $text ESCAPE '\\' OR c.clip_id IN "
                "(SELECT clip_id FROM tags WHERE tag ILIKE $text ESCAPE '\\'))"
            )
        if self.stage or self.reason:
            inner = [f"{name} = ${name}" for name in ("stage", "reason") if getattr(self, name)]
            values |= {name: getattr(self, name) for name in ("stage", "reason") if getattr(self, name)}
            found.append(f"c.clip_id IN (SELECT clip_id FROM fates WHERE {' AND '.join(inner)})")
        for name, table in (("tag", "tags"), ("task", "tasks")):
            if getattr(self, name):
                values[name] = getattr(self, name)
                found.append(f"c.clip_id IN (SELECT clip_id FROM {table} WHERE {name} = ${name})")
        if self.score:
            found.append(f'c."score_{self.score}" IS NOT NULL')
            for name, sign in (("low", ">="), ("high", "<")):
                if getattr(self, name) is not None:
                    values[name] = getattr(self, name)
                    found.append(f'c."score_{self.score}" {sign} ${name}')
        found += [_KEPT[self.kept]] if self.kept else []
        found += [_REVIEWED[self.reviewed]] if self.reviewed else []
        return " AND ".join(found), values

    @property
    def ordering(self) -> str:
        """Return what follows ORDER BY."""
        if self.score and self.order in ("low", "high"):
            return f'c."score_{self.score}" {"DESC" if self.order == "high" else "ASC"}, c.clip_id'
        return _ORDERS.get(self.order, _ORDERS["id"])


@dataclass(frozen=True)
class Found:
    """A page of clips, and how many there are in all."""

    clips: list[dict[str, Any]]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(-(-self.total // PAGE), 1)


def search(index: Index, query: Query) -> Found:
    """Return the page that a query wants."""
    where, values = query.conditions()
    score = f', c."score_{query.score}" AS score' if query.score else ""
    total = index.ask(
        f"SELECT count(*) AS n FROM clips c LEFT JOIN reviews r USING (clip_id) WHERE {where}", values
    )
    page = min(query.page, max(total[0]["n"] - 1, 0) // PAGE)
    rows = index.ask(
        f"WITH found AS (SELECT c.*, r.verdict, r.comment{score} "
        "FROM clips c LEFT JOIN reviews r USING (clip_id) "
        f"WHERE {where} ORDER BY {query.ordering} LIMIT {PAGE} OFFSET {page * PAGE}) "
        "SELECT c.*, (SELECT arg_min(f.stage || ': ' || f.reason, f.place) FROM fates f "
        "WHERE f.clip_id = c.clip_id AND f.stage NOT LIKE 'annotate-%') AS left_out "
        f"FROM found c ORDER BY {query.ordering}",
        values,
    )
    return Found(rows, total[0]["n"], page)


def choices(index: Index) -> dict[str, list[dict[str, Any]]]:
    """Return what there is to choose from, with counts: reasons by stage, tags, tasks."""
    return {
        "fates": index.ask(
            "SELECT stage, outcome, reason, count(*) AS n FROM fates GROUP BY ALL ORDER BY any_value(place), n DESC"
        ),
        "tags": index.ask("SELECT tag, count(*) AS n FROM tags GROUP BY tag ORDER BY n DESC, tag LIMIT 200"),
        "tasks": index.ask("SELECT task, count(*) AS n FROM tasks GROUP BY task ORDER BY task"),
    }


def _parsed(name: str, text: str) -> Any:
    try:
        if name in ("low", "high"):
            return float(text)
        return max(int(text), 0) if name == "page" else text
    except ValueError:
        raise UsageError(f"{name}: expected a number, found {text!r}") from None


def _plain(text: str) -> str:
    """Return a text whose % and _ stand for themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
