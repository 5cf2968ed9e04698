"""A process that a budget stops: for hanging, crashing, too much memory, and an owner that dies."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from audsem_data.core.errors import UsageError
from audsem_data.media.isolation import DiedError, Isolated, OverrunError, RaisedError
from media.isolated_calls import (
    break_down,
    chatter,
    die,
    double,
    echo,
    hang_with_a_child,
    hoard,
    pause_often,
    refuse,
    wait_with_leave,
)

MEMORY = 256 << 20
TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def calls_can_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").exists() else True


def gone_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(pid)


def test_calls_return_and_the_process_is_kept() -> None:
    with Isolated(MEMORY) as isolated:
        assert [isolated.call(double, n, seconds=20) for n in (1, 2)] == [2, 4]
        assert isolated.call(os.getpid, seconds=20) == isolated.call(os.getpid, seconds=20) != os.getpid()
        assert isolated.call(chatter, seconds=20) == "answer"


def test_what_takes_too_long_is_stopped_with_its_children(tmp_path: Path) -> None:
    with Isolated(MEMORY) as isolated:
        isolated.call(double, 1, seconds=20)
        begun = time.monotonic()
        with pytest.raises(OverrunError, match="longer than 1 s"):
            isolated.call(hang_with_a_child, str(tmp_path / "pid"), seconds=1)
        assert time.monotonic() - begun < 5
        assert gone_within(int((tmp_path / "pid").read_text()), 5)
        assert isolated.call(double, 4, seconds=20) == 8


def test_files_of_the_current_folder_are_not_taken_for_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "struct.py").write_text("raise SystemExit('not me')")
    monkeypatch.chdir(tmp_path)
    with Isolated(MEMORY) as isolated:
        assert isolated.call(double, 2, seconds=20) == 4


def test_waiting_on_purpose_is_not_counted() -> None:
    with Isolated(MEMORY) as isolated:
        isolated.call(double, 1, seconds=20)
        assert isolated.call(wait_with_leave, 1.5, seconds=1) == "done"


def test_messages_that_come_together_are_all_heard() -> None:
    with Isolated(MEMORY) as isolated:
        isolated.call(double, 1, seconds=20)
        for _ in range(20):
            assert isolated.call(pause_often, seconds=3) == "answer"
        large = bytes(range(256)) * 40_000
        assert isolated.call(echo, large, seconds=20) == large


def test_a_crash_costs_the_call_alone() -> None:
    with Isolated(MEMORY) as isolated:
        with pytest.raises(DiedError, match="SIGSEGV"):
            isolated.call(die, seconds=20)
        assert isolated.call(double, 4, seconds=20) == 8


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory")
def test_too_much_memory_costs_the_call_alone() -> None:
    with Isolated(MEMORY) as isolated:
        with pytest.raises(DiedError, match="more memory than it may take"):
            isolated.call(hoard, seconds=20)
        assert isolated.call(double, 4, seconds=20) == 8


def test_errors_come_back() -> None:
    with Isolated(MEMORY) as isolated:
        with pytest.raises(UsageError, match="not like this"):
            isolated.call(refuse, seconds=20)
        with pytest.raises(RaisedError, match=r"KeyError: 'nobody foresaw it' \(isolated_calls.py, line \d+\)"):
            isolated.call(break_down, seconds=20)


def test_it_ends_when_its_owner_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom audsem_data.media.isolation import Isolated\n"
        "from media.isolated_calls import hang_with_a_child\n"
        f"Isolated({MEMORY}).call(hang_with_a_child, sys.argv[1], seconds=60)\n"
    )
    note = tmp_path / "pid"
    owner = subprocess.Popen([sys.executable, "-c", code, str(note)])
    end = time.monotonic() + 30
    while not (note.exists() and note.read_text()) and time.monotonic() < end:
        time.sleep(0.1)
    owner.kill()
    owner.wait()
    assert gone_within(int(note.read_text()), 10)
