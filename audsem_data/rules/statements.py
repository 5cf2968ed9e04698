"""Statements: what may be said of a clip, each derived by one rule from one column of its evidence.

All that the writer asserts comes from here, so the same derivation checks it: see `verify`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audsem_data.rules.sound_classes import SoundClass, matching_classes

Acoustics = Mapping[str, Any]


@dataclass(frozen=True)
class Statement:
    """One thing that is true of the sound, in several wordings.

    Attributes:
        rule: the rule's name; a clip has at most one statement a rule.
        column: what it rests on, with its value.
        sentences: whole sentences. clauses: what may follow "Rain falling, ...".
        elements: the descriptors that it fills.
    """

    rule: str
    column: str
    value: str
    sentences: tuple[str, ...]
    clauses: tuple[str, ...] = ()
    elements: Mapping[str, str] = field(default_factory=dict)


def statements(caption: str, acoustics: Acoustics | None) -> dict[str, Statement]:
    """Return everything that may be said of a clip, by rule."""
    found = [heard(caption), *_kind(caption)]
    if acoustics is not None:
        for rule in MEASURES:
            found += rule(acoustics)
    return {statement.rule: statement for statement in found}


def heard(caption: str) -> Statement:
    """Say what is heard, in the words of the caption."""
    quoted = f"“{spoken(caption)}”"
    wordings = (
        f"What I hear is best put as {quoted}.",
        f"The sound itself is {quoted}.",
        f"In a few words, this is {quoted}.",
        f"The words that fit the sound are {quoted}.",
    )
    return Statement("heard", "caption", caption, wordings)


def spoken(caption: str) -> str:
    """Return a caption as it stands inside a sentence: lower case, no final stop."""
    return caption.lower().rstrip(" .")


def _kind(caption: str) -> Iterator[Statement]:
    classes = matching_classes(caption)
    if len(classes) == 1:
        yield kind_statement(classes[0], caption)


def kind_statement(kind: SoundClass, caption: str) -> Statement:
    """Say what kind of sound it is."""
    wordings = (
        f"That is {kind.phrase}.",
        f"It belongs with {kind.plural}.",
        f"Among everyday sounds it counts as {kind.phrase}.",
    )
    return Statement("kind", "caption", caption, wordings, (), kind.elements)


_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def _duration(acoustics: Acoustics) -> Iterator[Statement]:
    seconds = round(acoustics["duration_s"])
    if 1 < seconds < len(_NUMBERS):
        count = _NUMBERS[seconds]
        wordings = (
            f"It lasts about {count} seconds.",
            f"The whole of it takes about {count} seconds.",
            f"There are about {count} seconds of it.",
        )
        value = str(acoustics["duration_s"])
        yield Statement(
            "duration", "duration_s", value, wordings, (), {"temporal_context": f"about {count} seconds long"}
        )


def _banded(
    acoustics: Acoustics,
    rule: str,
    column: str,
    bands: Sequence[tuple[float, float]],
    words: Sequence[tuple[tuple[str, ...], tuple[str, ...], str]],
    element: str,
) -> Iterator[Statement]:
    """Yield the statement of the band [low, high) in which a measure lies; none between bands or without one."""
    value = acoustics.get(column)
    if value is None:
        return
    for (low, high), (wordings, clauses, phrase) in zip(bands, words, strict=True):
        if low <= value < high:
            yield Statement(rule, column, str(value), wordings, clauses, {element: phrase})


_INFINITE = float("inf")


def _loudness(acoustics: Acoustics) -> Iterator[Statement]:
    yield from _banded(
        acoustics,
        "loudness",
        "loudness_lufs",
        [(-20, _INFINITE), (-35, -20), (-_INFINITE, -35)],
        [
            (
                ("It is loud.", "The sound comes across as loud.", "It is recorded at a loud level."),
                ("loud",),
                "loud",
            ),
            (
                ("It is moderately loud.", "Its level is moderate.", "The sound is neither loud nor faint."),
                ("at a moderate level",),
                "moderately loud",
            ),
            (("It is faint.", "The sound is quiet.", "It stays at a low level."), ("faint",), "soft"),
        ],
        "auditory_attributes",
    )


def _brightness(acoustics: Acoustics) -> Iterator[Statement]:
    yield from _banded(
        acoustics,
        "brightness",
        "centroid_hz",
        [(3000, _INFINITE), (800, 3000), (0, 800)],
        [
            (
                ("Its colour is bright.", "Most of its energy lies high.", "It sounds bright, even sharp."),
                ("bright in colour", "with a bright, sharp edge"),
                "bright",
            ),
            (
                (
                    "Its colour is neither bright nor dark.",
                    "Its energy lies in the middle of the range.",
                    "It sounds balanced between dark and bright.",
                ),
                ("balanced in colour",),
                "mid-range",
            ),
            (
                ("Its colour is dark.", "Most of its energy lies low.", "It sounds dark and deep."),
                ("dark in colour", "deep and dark"),
                "dark and low",
            ),
        ],
        "signal_descriptors",
    )


_TRENDS = {
    "rising": (
        ("It grows louder as it goes on.", "The level climbs toward the end.", "It swells over time."),
        ("growing louder", "swelling over time"),
        "growing louder",
    ),
    "falling": (
        ("It fades as it goes on.", "The level sinks toward the end.", "It dies away over time."),
        ("fading over time", "dying away"),
        "fading",
    ),
    "steady": (
        ("Its level hardly changes.", "It keeps an even level.", "It stays equally strong all through."),
        ("even in level", "steady all through"),
        "steady",
    ),
    "varying": (
        ("Its level keeps changing.", "It is now stronger, now weaker.", "The level moves up and down."),
        ("now stronger, now weaker", "changing in level"),
        "varying in level",
    ),
}


def _trend(acoustics: Acoustics) -> Iterator[Statement]:
    trend = acoustics.get("level_trend")
    if trend in _TRENDS:
        wordings, clauses, phrase = _TRENDS[trend]
        yield Statement("trend", "level_trend", trend, wordings, clauses, {"auditory_attributes": phrase})


def _pauses(acoustics: Acoustics) -> Iterator[Statement]:
    yield from _banded(
        acoustics,
        "pauses",
        "silence_fraction",
        [(0.5, _INFINITE), (0.1, 0.5), (0, 0.02)],
        [
            (
                (
                    "For more than half of the time there is silence.",
                    "Silence takes up most of the clip.",
                    "The sounds are set in long silences.",
                ),
                ("set in long silences",),
                "long pauses",
            ),
            (
                ("There are pauses in it.", "It stops now and then.", "It is broken by pauses."),
                ("broken by pauses",),
                "with pauses",
            ),
            (
                ("It hardly ever falls silent.", "There is no real pause in it.", "It goes on without a gap."),
                ("without a pause", "going on without a gap"),
                "continuous",
            ),
        ],
        "temporal_context",
    )


def _events(acoustics: Acoustics) -> Iterator[Statement]:
    yield from _banded(
        acoustics,
        "events",
        "onset_count",
        [(0, 1), (1, 2), (2, 5), (8, _INFINITE)],
        [
            (
                (
                    "No separate beginning stands out.",
                    "I make out no distinct attacks.",
                    "It lacks clear attacks.",
                ),
                (),
                "no distinct attacks",
            ),
            (
                ("One beginning stands out.", "There is a single clear attack.", "I count one distinct attack."),
                ("with a single clear attack",),
                "one distinct attack",
            ),
            (
                (
                    "A few separate beginnings stand out.",
                    "There are a few clear attacks.",
                    "I count a handful of distinct attacks.",
                ),
                ("with a few clear attacks",),
                "a few distinct attacks",
            ),
            (
                (
                    "Many separate beginnings stand out.",
                    "There are many clear attacks.",
                    "One clear attack follows another.",
                ),
                ("with many clear attacks",),
                "many distinct attacks",
            ),
        ],
        "generation_mechanisms",
    )


def _beat(acoustics: Acoustics) -> Iterator[Statement]:
    if acoustics.get("tempo_bpm") is not None:
        rate = 5 * round(acoustics["tempo_bpm"] / 5)
        wordings = (
            f"It repeats regularly, roughly {rate} times a minute.",
            f"There is a regular beat of roughly {rate} a minute.",
            f"The repetition is regular, at roughly {rate} a minute.",
        )
        clauses = (f"repeating regularly at roughly {rate} a minute",)
        yield Statement(
            "beat", "tempo_bpm", str(acoustics["tempo_bpm"]), wordings, clauses, {"temporal_context": "regular"}
        )


def _pitch(acoustics: Acoustics) -> Iterator[Statement]:
    yield from _banded(
        acoustics,
        "pitch",
        "voiced_fraction",
        [(0.6, _INFINITE), (0, 0.05)],
        [
            (
                (
                    "A clear pitch can be followed in it.",
                    "It has a clear pitch.",
                    "It is tonal, with a clear pitch.",
                ),
                ("with a clear pitch",),
                "tonal",
            ),
            (
                ("It has no clear pitch.", "No pitch can be made out.", "Nothing in it has a definite pitch."),
                ("without a clear pitch",),
                "unpitched",
            ),
        ],
        "signal_descriptors",
    )


def _noise(acoustics: Acoustics) -> Iterator[Statement]:
    yield from _banded(
        acoustics,
        "noise",
        "flatness",
        [(0.3, _INFINITE)],
        [(("It is noise-like, as a hiss or a rush is.", "Its texture is that of noise.", "It is broad and noisy."),
          ("noise-like in texture",), "noise-like")],
        "signal_descriptors",
    )  # fmt: skip


def _peaks(acoustics: Acoustics) -> Iterator[Statement]:
    yield from _banded(
        acoustics,
        "peaks",
        "crest_db",
        [(20, _INFINITE), (0, 10)],
        [
            (
                (
                    "Sharp peaks rise far above the rest.",
                    "Its strongest moments tower over the rest.",
                    "Short peaks stand far above its average.",
                ),
                ("with sharp peaks",),
                "sharp peaks",
            ),
            (
                (
                    "No peak stands out much.",
                    "It is dense, without sharp peaks.",
                    "It is even, without peaks.",
                ),
                ("dense and even",),
                "dense",
            ),
        ],
        "auditory_attributes",
    )


MEASURES = (_duration, _loudness, _trend, _pauses, _events, _beat, _pitch, _noise, _brightness, _peaks)
