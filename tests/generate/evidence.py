"""Made evidence: every measure over its whole range, nulls included."""

import random
from collections.abc import Iterator
from typing import Any

CAPTIONS = (
    "dog barks", "rain falling", "BABY CRYING", "double bass music", "gunshots", "waves crashing", "clock ticking",
    "hammering on metal", "crowd cheering", "eerie whooshing", "Theremin warbling.", "sneezes", "paper tearing",
    "distant siren, muffled", "zorbing", "engine revs and tires screech while people scream",
)  # fmt: skip
RANGES: dict[str, tuple[float, float]] = {
    "loudness_lufs": (-70, 0), "silence_fraction": (0, 1), "voiced_fraction": (0, 1), "flatness": (0, 1),
    "centroid_hz": (20, 15000), "crest_db": (0, 60),
}  # fmt: skip
NULLABLE = ("loudness_lufs", "flatness", "centroid_hz", "crest_db")


def acoustics(chance: random.Random) -> dict[str, Any]:
    """Return measures drawn over their ranges."""
    made: dict[str, Any] = {name: chance.uniform(low, high) for name, (low, high) in RANGES.items()}
    made |= {name: None for name in NULLABLE if chance.random() < 0.15}
    made["duration_s"] = chance.choice([0.4, 1.2, 3.0, 3.49, 5.5, 9.99, 12.4, 61.0])
    made["level_trend"] = chance.choice(["rising", "falling", "steady", "varying", None])
    made["onset_count"] = chance.choice([0, 1, 3, 6, 8, 40])
    made["tempo_bpm"] = chance.choice([None, 30.2, 61.7, 299.0])
    return made


def evidence(count: int) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    """Yield (clip id, caption, acoustics)."""
    chance = random.Random(7)
    for number in range(count):
        measured = None if number % 29 == 0 else acoustics(chance)
        yield f"video{number:03d}_000000000_000003000", chance.choice(CAPTIONS), measured
