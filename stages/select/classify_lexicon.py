"""Score how much a caption reads like a sound, from 0 to 1, by a lexicon of sound words.

The offline profile's classifier: no model, no training data. Terms add, each kind once: a sound or a way of
sounding 0.65 (a second one 0.1), a thing that is named because it is heard 0.5, a thing that can sound 0.3,
what it does 0.25, how or where 0.1. What reads like speech, writing or editing takes away; so do digits,
colons and question marks, and more than one word that the lexicon does not know; but not `it's` before what is
heard, a percentage, or how many. Speech is not counted as a
sound, whatever the language: `[speaking Spanish]` scores low, `[indistinct chatter]` high.
Source: ours; the paper trains a classifier (BERT) and asks a model (Mixtral).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence

import pyarrow as pa

from audsem_data.core.outcome import Done, Outcome
from audsem_data.core.schema import CUE_ID, Column
from audsem_data.core.stage import Item, Needs, NoConfig, Process, stage
from audsem_data.stages.select.lexicon import Match, lexicon_bytes, load_lexicon

_SOUND: Mapping[str, float] = {"events": 0.65, "makers": 0.5, "sources": 0.3, "actions": 0.25, "qualities": 0.1}
_SECOND_EVENT = 0.1
# Taken away once a kind, but for every finite verb and clause word: the more, the more it is a sentence.
_SPEECH: Mapping[str, float] = {
    "speech.person": 0.6,
    "speech.third": 0.3,
    "speech.talk": 0.4,
    "speech.language": 0.15,
    "speech.editorial": 0.5,
}
_SENTENCE: Mapping[str, float] = {"speech.finite": 0.3, "speech.clause": 0.2}
_UNKNOWN = 0.15
# `"Superstar" by GRMLN plays` names a song; its title says nothing.
_TITLE = re.compile(r'"[^"]+"(?: by [\w .&\'-]+?)? (?=play(?:s|ing)\b)')
# What would count against a sound though it says nothing against it: `it's raining`, `100% volume hum`, `3 knocks`.
_ASIDE = re.compile(
    r"^(?:it|there|someone|somebody|something|everyone)'s (?=[a-z]+ing\b)|\b\d+ ?(?:%|percent\b)(?: volume\b)?"
    r"|^\d+ (?=(?:[a-z-]+ ){0,2}[a-z]+s$)",
    re.IGNORECASE,
)
# Said of a sound, these two say how it is heard; alone they say that nobody knows what was said.
_HARDLY_HEARD = ("inaudible", "unintelligible")
_MARKS = (
    (re.compile(r"[:?@#=]"), 0.35),
    (re.compile(r"\d"), 0.35),
    (re.compile(r"\w'(?:m|re|ve|ll|d)\b|n't\b|\bit's\b", re.IGNORECASE), 0.5),
    (re.compile(r"(?:\w+\W+){3,}\w+[.!]$"), 0.25),
)

EMITS = (
    Column("score", pa.float32(), "how much the caption reads like a sound: 0 to 1"),
    Column("terms", pa.list_(pa.string()), "the terms of the lexicon that say so, in their order"),
)


@stage(
    "classify-lexicon",
    version=2,
    needs=[Needs("extract-sdh", ("caption",))],
    emits=EMITS,
    config=NoConfig,
    key=CUE_ID,
    identity={"lexicon": hashlib.sha256(lexicon_bytes()).hexdigest()[:16]},
    batch=4096,
)
def open_classify_lexicon(config: NoConfig) -> Process:
    """Return the process that scores captions."""
    lexicon = load_lexicon()

    def process(items: Sequence[Item]) -> list[Outcome]:
        captions = [_ASIDE.sub("", _TITLE.sub("song ", item["caption"])) for item in items]
        return [_classify(caption, _how_heard(list(lexicon.matches(caption)))) for caption in captions]

    return process


def _how_heard(matches: Sequence[Match]) -> list[Match]:
    """Return the terms of a caption, `inaudible` before a sound being a way of being heard."""
    after = [*(match.kind for match in matches[1:]), ""]
    return [
        match._replace(kind="qualities") if match.term in _HARDLY_HEARD and kind in ("events", "makers") else match
        for match, kind in zip(matches, after, strict=False)  # no terms, none after
    ]


def _classify(caption: str, matches: Sequence[Match]) -> Outcome:
    terms = list(dict.fromkeys(match.term for match in matches if match.kind in _SOUND))
    score = _sound(matches) - _speech(matches) - sum(cost for mark, cost in _MARKS if mark.search(caption))
    return Done.one(score=round(min(1.0, max(0.0, score)), 4), terms=terms)


def _sound(matches: Sequence[Match]) -> float:
    kinds = {match.kind for match in matches}
    events = {match.term for match in matches if match.kind == "events"}
    return sum(_SOUND.get(kind, 0.0) for kind in sorted(kinds)) + (_SECOND_EVENT if len(events) > 1 else 0.0)


def _speech(matches: Sequence[Match]) -> float:
    kinds = {match.kind for match in matches}
    once = sum(_SPEECH.get(kind, 0.0) for kind in sorted(kinds))
    unknown = sum(match.kind == "unknown" for match in matches)
    return once + sum(_SENTENCE.get(match.kind, 0.0) for match in matches) + _UNKNOWN * max(0, unknown - 1)
