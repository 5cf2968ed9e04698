"""Times of subtitle cues as exact integer milliseconds; binary floating point is never involved."""

import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

_CLOCK = r"(-?)(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d+))?"
_TIMING = re.compile(rf"\s*{_CLOCK}\s*-{{1,3}}\s?>\s*{_CLOCK}(?!\S)")
_LARGEST_S = 10**9


def parse_timing(line: str) -> tuple[int, int] | None:
    """Return start and end of a line such as `00:01.5 --> 00:02,250 align:start`, or None if it is not one.

    Hours may be missing and the fraction may follow a dot or a comma.
    """
    match = _TIMING.match(line)
    if not match:
        return None
    clocks = match.groups()
    start, end = _clock_ms(*clocks[:5]), _clock_ms(*clocks[5:])
    return None if start is None or end is None else (start, end)


def _clock_ms(sign: str, hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int | None:
    if int(seconds) > 59 or (hours and int(minutes) > 59):
        return None
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    ms = seconds_to_ms(f"{whole}.{fraction or 0}")
    return -ms if sign else ms


def seconds_to_ms(seconds: object) -> int:
    """Return a decimal number of seconds (a string or a number) as milliseconds, halves to even.

    Raises ValueError for what is not a finite number, or is longer than thirty years.
    """
    return _round_ms(_decimal(seconds))


def span_ms(start: object, duration: object) -> tuple[int, int]:
    """Return start and end in milliseconds of a start and duration in seconds; their exact sum is rounded."""
    begin = _decimal(start)
    return _round_ms(begin), _round_ms(begin + _decimal(duration))


def whole_ms(ms: object) -> int:
    """Return a whole number of milliseconds (`470`, `"470"`, `470.0`) as an integer; raises ValueError."""
    match = re.fullmatch(r"(-?\d{1,12})(?:\.0*)?", str(ms).strip())
    if not match:
        raise ValueError(f"{ms!r} is not a whole number of milliseconds")
    return int(match[1])


def _decimal(seconds: object) -> Decimal:
    try:
        number = Decimal(str(seconds).strip())
    except InvalidOperation as error:
        raise ValueError(f"{seconds!r} is not a number of seconds") from error
    if not number.is_finite() or abs(number) > _LARGEST_S:
        raise ValueError(f"{seconds!r} is not a possible number of seconds")
    return number


def _round_ms(seconds: Decimal) -> int:
    return int((seconds * 1000).to_integral_value(ROUND_HALF_EVEN))
