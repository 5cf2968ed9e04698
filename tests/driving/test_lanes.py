"""Stages of a group work beside one another, each on its own clips in order, and one's failure is its own."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from audsem_data.runtime.guard import Guard
from audsem_data.runtime.lanes import Lanes

KEYS = [f"clip{number}" for number in range(20)]


class Member:
    """What a lane asks of a stage's shard."""

    def __init__(self, name: str, pending: list[str] = KEYS) -> None:
        self.stage = SimpleNamespace(name=name)
        self.pending = frozenset(pending)
        self.seen: list[str] = []
        self.flushed = False

    def offer(self, key: str, media: Any) -> None:
        self.seen.append(key)

    def flush(self) -> None:
        self.flushed = True


class Broken(Member):
    def offer(self, key: str, media: Any) -> None:
        super().offer(key, media)
        if key == KEYS[3]:
            raise ValueError("odd")


class Meeting(Member):
    """Goes on when all parties have a clip in hand."""

    def __init__(self, name: str, barrier: threading.Barrier) -> None:
        super().__init__(name)
        self._barrier = barrier

    def offer(self, key: str, media: Any) -> None:
        self._barrier.wait(20)
        super().offer(key, media)


class Waiting(Member):
    def __init__(self, name: str, going: threading.Event) -> None:
        super().__init__(name)
        self._going = going

    def offer(self, key: str, media: Any) -> None:
        self._going.wait(20)
        super().offer(key, media)


class Leaving(Member):
    def offer(self, key: str, media: Any) -> None:
        raise SystemExit(3)


def driven(members: list[Any], most: int) -> dict[str, Guard]:
    guards = {member.stage.name: Guard(member.stage.name) for member in members}
    with Lanes(members, guards, lambda _: 10, most) as lanes:
        for key in KEYS:
            lanes.offer((key, {}))
    return guards


@pytest.mark.parametrize("most", [0, 1, 30, 500])
def test_each_stage_gets_its_own_clips_in_order(most: int) -> None:
    all_of_them, some = Member("a"), Member("b", KEYS[5:9])
    guards = driven([all_of_them, some], most)
    assert (all_of_them.seen, some.seen) == (KEYS, KEYS[5:9])
    assert not any(guard.error for guard in guards.values())
    assert all_of_them.flushed == bool(most)


@pytest.mark.parametrize("most", [0, 30])
def test_what_a_stage_raises_costs_the_others_nothing(most: int) -> None:
    broken, sound = Broken("a"), Member("b")
    guards = driven([broken, sound], most)
    assert broken.seen == KEYS[:4]
    assert not broken.flushed
    assert "odd" in str(guards["a"].error)
    assert sound.seen == KEYS
    assert guards["b"].error is None


def test_stages_work_at_the_same_time() -> None:
    barrier = threading.Barrier(2)
    members = [Meeting("a", barrier), Meeting("b", barrier)]
    guards = driven(members, 1)
    assert not any(guard.error for guard in guards.values())
    assert [member.seen for member in members] == [KEYS, KEYS]


def test_no_more_bytes_wait_than_allowed() -> None:
    going = threading.Event()
    slow = Waiting("a", going)
    offered: list[str] = []

    def offer() -> None:
        with Lanes([slow], {"a": Guard("a")}, lambda _: 10, 50) as lanes:  # type: ignore[list-item]
            for key in KEYS:
                lanes.offer((key, {}))
                offered.append(key)

    thread = threading.Thread(target=offer)
    thread.start()
    thread.join(0.2)
    assert len(offered) <= 6  # one in hand, five that wait
    going.set()
    thread.join(20)
    assert slow.seen == KEYS


def test_an_exit_is_no_error_of_the_stage_and_ends_the_run() -> None:
    with pytest.raises(SystemExit):
        driven([Leaving("a"), Member("b")], 1)


def test_an_error_of_the_media_is_raised_and_leaves_no_threads() -> None:
    threads = set(threading.enumerate())
    member = Member("a")
    with pytest.raises(OSError, match="torn"), Lanes([member], {"a": Guard("a")}, lambda _: 10, 50):  # type: ignore[list-item]
        raise OSError("torn")
    assert not member.flushed
    assert set(threading.enumerate()) <= threads
