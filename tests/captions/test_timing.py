from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audsem_data.subtitles.timing import parse_timing, seconds_to_ms, span_ms, whole_ms


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("00:00:00.470 --> 00:00:03.392 align:start position:0%", (470, 3392)),
        ("00:00:00,470 --> 00:00:03,392", (470, 3392)),
        ("00:01.5-->00:02,25", (1500, 2250)),
        ("1:02:03.004 -> 100:00:00", (3_723_004, 360_000_000)),
        ("00:00:01.0005 --> 00:00:01.0015", (1000, 1002)),  # halves to even
        ("-00:00:01,000 --> 00:00:02,000", (-1000, 2000)),
        ("00:00:05,000 --> 00:00:02,000", (5000, 2000)),
    ],
)
def test_a_timing_line(line: str, times: tuple[int, int]) -> None:
    assert parse_timing(line) == times


@pytest.mark.parametrize(
    "line", ["", "-->", "00:00:07.000 --> 00:00:1d.890", "00:00:61.000 --> 00:01:02.000", "a --> b", "1 --> 2"]
)
def test_no_timing_line(line: str) -> None:
    assert parse_timing(line) is None


@given(st.integers(0, 10**9 - 1), st.integers(0, 10**9 - 1))
def test_seconds_written_with_three_digits_come_back_exactly(start: int, duration: int) -> None:
    assert seconds_to_ms(f"{start // 1000}.{start % 1000:03d}") == start
    assert seconds_to_ms(start / 1000) == start  # the shortest text of the float is meant
    assert span_ms(str(Decimal(start).scaleb(-3)), duration / 1000) == (start, start + duration)


@pytest.mark.parametrize("value", ["", "x", None, "nan", "inf", "1e400", True, "1:02", [], "9" * 40])
def test_what_is_no_time_is_a_value_error(value: object) -> None:
    with pytest.raises(ValueError, match="is not a"):
        seconds_to_ms(value)
    with pytest.raises(ValueError, match="is not a"):
        whole_ms(value)


@pytest.mark.parametrize(("value", "ms"), [(470, 470), (" 470 ", 470), ("-3", -3), (0, 0), (470.0, 470)])
def test_whole_milliseconds(value: object, ms: int) -> None:
    assert whole_ms(value) == ms
