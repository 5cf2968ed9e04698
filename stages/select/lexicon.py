"""The sound lexicon: words by what they say about sound, found in a caption by simple rules of English endings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

_FILE = "stages/select/sound_lexicon.yaml"
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_LONGEST_TERM = 4
_DOUBLED = re.compile(r"([b-df-hj-np-tv-z])\1$")


class Match(NamedTuple):
    """A term of the lexicon in a caption, its class, and how many words of the caption it takes."""

    term: str
    kind: str
    words: int


@dataclass(frozen=True)
class Lexicon:
    """Terms and their classes: `events`, `makers`, `sources`, `actions`, `qualities`, `speech.*`, `neutral`."""

    kinds: Mapping[str, str]
    irregular: Mapping[str, str]

    def matches(self, caption: str) -> Iterator[Match]:
        """Yield the terms of a caption in their order, the longest there is; an unknown word is `unknown`."""
        words = _WORD.findall(caption.lower())
        place = 0
        while place < len(words):
            match = self._longest(words[place : place + _LONGEST_TERM])
            yield match
            place += match.words

    def _longest(self, words: Sequence[str]) -> Match:
        forms = [list(self._forms(word)) for word in words]
        for length in range(len(words), 1, -1):
            for term in _joined(forms[:length]):
                if term in self.kinds:
                    return Match(term, self.kinds[term], length)
        for form in forms[0]:
            if form in self.kinds:
                return Match(form, self.kinds[form], 1)
        return Match(words[0], "unknown", 1)

    def _forms(self, word: str) -> Iterator[str]:
        """Yield a word and what it may be an inflection of, the likeliest first."""
        yield word
        if word in self.irregular:
            yield self.irregular[word]
        word = word.removesuffix("'s")
        yield word
        if word.endswith("s") and not word.endswith("ss"):
            yield word[:-1]
            if word.endswith("ies"):
                yield word[:-3] + "y"
            elif word.endswith("es"):
                yield word[:-2]
        for ending in ("ing", "ed"):
            stem = word.removesuffix(ending)
            if stem != word and len(stem) > 1:
                yield stem
                yield stem + "e"
                if _DOUBLED.search(stem):
                    yield stem[:-1]
                if ending == "ed" and stem.endswith("i"):
                    yield stem[:-1] + "y"


def lexicon_bytes() -> bytes:
    """Return the lexicon's file, for its digest."""
    return files("audsem_data").joinpath(_FILE).read_bytes()


def load_lexicon() -> Lexicon:
    """Return the lexicon."""
    return Lexicon(dict(lexicon_terms()), yaml.safe_load(lexicon_bytes())["irregular"])


def lexicon_terms() -> Iterator[tuple[str, str]]:
    """Yield every term of the lexicon and its class."""
    raw: dict[str, Any] = yaml.safe_load(lexicon_bytes())
    for kind, groups in raw.items():
        if kind != "irregular":
            for group, words in groups.items() if isinstance(groups, dict) else [("", groups)]:
                for term in words.split():
                    yield term.replace("_", " "), f"speech.{group}" if kind == "speech" else kind


def _joined(forms: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the phrases that a run of words may be: every word as it stands, or in one of its base forms."""
    if not forms:
        yield ""
        return
    for rest in _joined(forms[1:]):
        for form in forms[0]:
            yield f"{form} {rest}".rstrip()
