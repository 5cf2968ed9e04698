"""Levels in decibels relative to full scale, where a sample of 1 is 0 dBFS."""

import math

FLOOR_DB = -120.0  # what silence is given; 16-bit samples reach down to -90.3


def dbfs(amplitude: float) -> float:
    """Return the level of an amplitude in dBFS, at least -120."""
    return max(20 * math.log10(amplitude), FLOOR_DB) if amplitude > 0 else FLOOR_DB
