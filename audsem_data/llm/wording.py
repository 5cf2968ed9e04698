"""What texts give away by their words: the patterns of `forbidden.yaml`, and what needs more than a pattern."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

import yaml

from audsem_data.llm.flaws import Flaw

_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_LOOP = re.compile(r"\b(\w+(?:\W+\w+){1,11}?)(?:\W+\1\b){2,}", re.IGNORECASE)
_SHORTEST_LOOP = 4  # spaces
_STUTTER = re.compile(r"\b(\w+)(?:\W+\1\b){4,}", re.IGNORECASE)
_NOTHING = re.compile(
    r"^\W*(?:n ?/? ?a|none|null|nil|tbd|to be (?:determined|decided)|unknown|empty|todo|placeholder)?\W*$", re.I
)
_SMALL_WORDS = frozenset(
    "a an the is are was were of in on at to and or it its by with there being who that which".split()  # noqa: SIM905
)
_ORDERING = frozenset("then before after followed first next until than over under from into".split())  # noqa: SIM905
_ENDINGS = re.compile(r"(?<=\w\w\w)(?:ings?|ers?|ed|es|s|e)$")
_DOUBLED = re.compile(r"(.)\1$")
_QUESTION_WORD = re.compile(r"\b(?:what|which|who|whom|whose|where|when|why|how)\b", re.IGNORECASE)
_AUXILIARY = re.compile(
    r"(?:(?:is|are|was|were|do|does|did|ca|can|could|has|have|had|will|wo|would|should)(?:n't)?|am|might|may|must"
    r"|true or false)\b",
    re.IGNORECASE,
)
_INVITES = re.compile(r"(?:can|could|would|will) you (?:\w+ )?(?:describe|explain|tell|name|identify|say)\b", re.I)
_ALTERNATIVE = re.compile(r"\bor\b(?! (?:not|no)\b)", re.IGNORECASE)
_DOUBLE = '["\u201c\u201d]([^"\u201c\u201d]+)["\u201c\u201d]'
_SINGLE = "(?<!\\w)['\u2018]([^\u2018]+?)['\u2019](?!\\w)"
_QUOTED = re.compile(f"{_DOUBLE}|{_SINGLE}")
_SAYING = (
    r"(?:say|tell|shout|yell|ask|announce|whisper|repeat|exclaim|call out|state|mutter|cry|reply|scream)"
    r"(?:s|es|ing|ed)?|said|told|cries|replies"
)
_TELLS = re.compile(rf"\b(?:{_SAYING})\b[^.]{{0,12}}$", re.IGNORECASE)


def forbidden(texts: Iterable[str]) -> Iterator[tuple[Flaw, str]]:
    """Yield each rule that texts of one line each break, with the words that break it."""
    lines = "\n".join(texts)  # one search a pattern; no pattern reaches beyond a line
    lowered = lines.lower()
    for flaw, pattern, minds_case in _patterns():
        if found := pattern.search(lines if minds_case else lowered):
            yield flaw, found[0]


def says_nothing(text: str) -> bool:
    """Say whether a text is empty, or holds but a word that stands for nothing."""
    return bool(_NOTHING.match(text))


def meaning(text: str) -> str:
    """Return the words that matter, without endings; in order only where the text tells an order.

    Texts that mean the same have the same: a dog barking, the dog is barking, barking dogs.
    """
    words = re.findall(r"[a-z0-9]+", text.casefold())
    matter = [word for word in words if word not in _SMALL_WORDS] or words
    stems = [_DOUBLED.sub(r"\1", _ENDINGS.sub("", word)) or word for word in matter]
    return " ".join(stems if _ORDERING & set(words) else sorted(set(stems)))


def asks_yes_or_no(question: str) -> bool:
    """Say whether a question can be answered by yes or no: it begins with a verb and offers no alternative."""
    asked = [sentence.strip() for sentence in _SENTENCE.findall(question) if sentence.strip()]
    last = next((sentence for sentence in reversed(asked) if sentence.endswith("?")), asked[-1] if asked else "")
    clauses = [clause.strip() for clause in re.split(r"[,;:]", last)]
    start = next((clause for clause in clauses if _AUXILIARY.match(clause)), None)
    if start is None or _INVITES.match(start):
        return False
    before = last[: last.index(start)]
    if start.lower().startswith("true or false"):
        return True
    return not _QUESTION_WORD.search(before) and not _ALTERNATIVE.search(last)


def goes_in_circles(text: str) -> str | None:
    """Return a phrase that comes three times running, a word five times, or a sentence twice; None without."""
    if text.count(" ") < _SHORTEST_LOOP:
        return None
    for pattern in (_LOOP, _STUTTER):
        if found := pattern.search(text):
            return str(found[1])
    seen: set[str] = set()
    for sentence in _SENTENCE.findall(text):
        words = " ".join(re.findall(r"\w+", sentence.casefold()))
        if words in seen and len(words.split()) > 3:
            return str(sentence.strip())
        seen.add(words)
    return None


def spoken_words(text: str) -> str | None:
    """Return words that are quoted from speech: three different ones in quotes, or any after a verb of saying."""
    for found in _QUOTED.finditer(text):
        quoted = found[1] or found[2]
        least = 1 if _TELLS.search(text[: found.start()]) else 3
        if len(set(re.findall(r"[a-z']+", quoted.lower()))) >= least:
            return str(quoted)
    return None


@cache
def _patterns() -> list[tuple[Flaw, re.Pattern[str], bool]]:
    """Return each pattern with its rule, and whether it minds case: it does if it holds capitals."""
    kept = yaml.safe_load((files("audsem_data.llm") / "forbidden.yaml").read_text(encoding="utf-8"))
    names = kept.pop("names")
    rules = {str(flaw): flaw for flaw in Flaw}
    return [
        (rules[rule], re.compile(_named(pattern, names), re.MULTILINE), any(map(str.isupper, pattern)))
        for rule, patterns in kept.items()
        for pattern in patterns
    ]


def _named(pattern: str, names: dict[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda found: f"(?:{names[found[1]]})", pattern)
