"""The spool gives back what was put, whatever became of its end."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audsem_data.storage.spool import Spool

KEYS = [bytes([n]) * 32 for n in range(5)]


def fill(folder: Path, *payloads: bytes) -> Path:
    """Write one segment and return it."""
    with Spool(folder) as spool:
        for key, payload in zip(KEYS, payloads, strict=False):
            spool.put(key, payload)
    return sorted(folder.glob("*.seg"))[-1]


def kept(folder: Path) -> dict[int, bytes]:
    with Spool(folder) as spool:
        return {n: payload for n, key in enumerate(KEYS) if (payload := spool.get(key)) is not None}


@settings(max_examples=25)
@given(payloads=st.lists(st.binary(max_size=200), max_size=5))
def test_what_was_put_is_there(tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes]) -> None:
    folder = tmp_path_factory.mktemp("spool")
    if payloads:
        fill(folder, *payloads)
    assert kept(folder) == dict(enumerate(payloads))


def test_a_torn_tail_costs_the_last_entry_only(tmp_path: Path) -> None:
    whole = fill(tmp_path / "whole", b"first", b"second").read_bytes()
    first = fill(tmp_path / "one", b"first").stat().st_size
    for length in range(first, len(whole)):
        folder = tmp_path / str(length)
        folder.mkdir()
        (folder / "00000-1.seg").write_bytes(whole[:length])
        assert kept(folder) == {0: b"first"}


def test_a_flipped_byte_is_never_given_back(tmp_path: Path) -> None:
    segment = fill(tmp_path, b"first", b"second", b"third")
    whole = segment.read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x40
        segment.write_bytes(damaged)
        found = kept(tmp_path)
        assert set(found.items()) < {(0, b"first"), (1, b"second"), (2, b"third")}


def test_each_writer_has_its_own_segment(tmp_path: Path) -> None:
    first = fill(tmp_path, b"first")
    before = first.read_bytes()
    with Spool(tmp_path) as spool:
        assert spool.get(KEYS[0]) == b"first"
        spool.put(KEYS[1], b"second")
        assert spool.get(KEYS[1]) == b"second"
    assert first.read_bytes() == before
    assert kept(tmp_path) == {0: b"first", 1: b"second"}
