"""The governor: its rate, what it does when a host refuses, and that processes share it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from audsem_data.acquisition.governor import Governor, Policy, _announced, governor_folder, host_key
from audsem_data.core.errors import GovernorStoppedError


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def governed(policy: Policy, folder: Path, clock: Clock) -> Governor:
    return Governor(policy, folder, clock, clock.sleep)


def test_requests_are_spaced(tmp_path: Path) -> None:
    clock = Clock()
    governor = governed(Policy(per_minute=12), tmp_path, clock)
    times = []
    for _ in range(10):
        governor.acquire("h")
        times.append(clock.now)
    assert [round(later - times[0], 3) for later in times] == [5.0 * n for n in range(10)]
    before = clock.now
    governor.acquire("another")
    assert clock.now == before


def test_a_burst_is_allowed_after_a_rest_and_no_larger_one(tmp_path: Path) -> None:
    clock = Clock()
    governor = governed(Policy(per_minute=12, burst=3), tmp_path, clock)
    for _ in range(3):
        governor.acquire("h")
    assert clock.now == 1_000_000.0
    governor.acquire("h")
    assert clock.now == 1_000_005.0
    clock.sleep(3600)
    start = clock.now
    for _ in range(4):
        governor.acquire("h")
    assert clock.now == start + 5.0


def test_backing_off_doubles_and_retry_after_is_obeyed(tmp_path: Path) -> None:
    clock = Clock()
    governor = governed(Policy(per_minute=6000, streak=9), tmp_path, clock)
    waits = []
    for _ in range(4):
        governor.trouble("h", "429")
        before = clock.now
        governor.acquire("h")
        waits.append(clock.now - before)
    assert all(0.5 * 5 * 2**n <= wait <= 5 * 2**n + 0.1 for n, wait in enumerate(waits))
    governor.trouble("h", "503", retry_after=77)
    before = clock.now
    governor.acquire("h")
    assert clock.now - before == pytest.approx(77)


def test_the_breaker_opens_tries_once_and_closes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    governor = governed(Policy(per_minute=6000, streak=2, pause_s=300), tmp_path, clock)
    governor.trouble("h", "bot_check")
    governor.trouble("h", "bot_check")
    before = clock.now
    governor.acquire("h")  # the one that tries
    assert clock.now - before >= 300
    assert "asking nothing of it for 5 minutes" in capsys.readouterr().err
    governor.trouble("h", "bot_check")  # it failed: twice as long
    before = clock.now
    governor.acquire("h")
    assert clock.now - before >= 600
    governor.worked("h")
    assert "answers again" in capsys.readouterr().err
    before = clock.now
    for _ in range(5):
        governor.acquire("h")
    assert clock.now - before < 1


def test_after_the_last_pause_the_run_stops_and_a_later_one_tries_again(tmp_path: Path) -> None:
    clock = Clock()
    policy = Policy(per_minute=6000, streak=1, pause_s=10, pauses=2)
    governor = governed(policy, tmp_path, clock)
    for _ in range(2):
        governor.trouble("h", "429")
        governor.acquire("h")
    with pytest.raises(GovernorStoppedError, match="goes on refusing") as stopped:
        governor.trouble("h", "429")
    assert stopped.value.exit_code == 6
    before = clock.now
    again = governed(policy, tmp_path, clock)
    again.acquire("h")
    assert clock.now - before >= 10
    again.worked("h")
    again.acquire("h")


def test_a_run_that_finds_a_host_refusing_says_why_it_waits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    policy = Policy(per_minute=6000, streak=1, pause_s=600)
    governed(policy, tmp_path, clock).trouble("elsewhere", "429")
    _announced.clear()  # another process
    capsys.readouterr()
    governed(policy, tmp_path, clock).acquire("elsewhere")
    said = capsys.readouterr().err
    assert said == "elsewhere was refusing: waiting 10 minutes before it is asked again\n"


def test_while_one_tries_the_others_wait(tmp_path: Path) -> None:
    clock = Clock()
    policy = Policy(per_minute=6000, streak=1, pause_s=10)
    one, other = governed(policy, tmp_path, clock), governed(policy, tmp_path, clock)
    one.trouble("h", "429")
    one.acquire("h")
    before = clock.now
    other.acquire("h")  # only once the attempt is as good as dead
    assert clock.now - before >= 100
    other.unclear("h")
    before = clock.now
    one.acquire("h")
    assert clock.now - before < 2


def test_a_torn_state_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "h.json").write_text('{"due": 3')
    governed(Policy(), tmp_path, Clock()).acquire("h")


def test_processes_share_the_rate(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from audsem_data.acquisition.governor import Governor, Policy\n"
        "governor = Governor(Policy(per_minute=600), Path(sys.argv[1]))\n"
        "for _ in range(8):\n    governor.acquire('h'); print(time.time(), flush=True)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    begun = time.time()
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    times = sorted(float(line) for process in running for line in process.communicate()[0].splitlines())
    assert len(times) == 16
    assert times[-1] - times[0] >= 15 * 0.1 - 0.3, "each by itself would take 0.7 s"
    assert times[-1] - begun < 30


def test_hosts_of_one_site_are_one_host(monkeypatch: pytest.MonkeyPatch) -> None:
    assert host_key("rr3---sn-4g5e6nls.googlevideo.com") == host_key("rr1.GoogleVideo.com:443") == "googlevideo.com"
    assert host_key("127.0.0.1:8080") == "127.0.0.1"
    monkeypatch.delenv("AUDSEM_GOVERNOR")
    assert governor_folder().parts[-2:] == ("audsem-data", "governor")
