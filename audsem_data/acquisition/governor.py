"""The governor: how often a host may be asked, by all processes of a machine together.

A token bucket spaces requests. A host that says it is asked too often is left alone for as long as it wishes
(Retry-After), or for a time that doubles, with jitter. A streak of such answers opens the breaker: nothing is
asked of the host for a pause; then one process tries it, and closes the breaker or begins a pause twice as long.
After the last pause that the user allows the governor stops the run. The state of a host is one small file, under
a lock, so that processes need not know of each other.
"""

import fcntl
import json
import os
import random
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from audsem_data.core.errors import GovernorStoppedError
from audsem_data.storage.location import storage_errors

_FIRST_BACKOFF_S = 5.0
_LONGEST_HOLD_S = 6 * 3600.0
_PROBE_LASTS_S = 120.0  # after which a probe whose process died is given up
_WORTH_SAYING_S = 30.0
_announced: dict[str, float] = {}  # until when the user knows of a wait, by host
_LOOK_AGAIN_S = 1.0  # waiting processes notice what others learned meanwhile


@dataclass(frozen=True)
class Policy:
    """How often a host may be asked, and when to give up.

    Attributes:
        per_minute: requests a minute. burst: requests that may come at once after a rest.
        streak: answers in a row that say "too often" before the breaker opens.
        pause_s: its first pause, in seconds; each further one is twice as long.
        pauses: pauses in a row after which the run stops.
    """

    per_minute: float = 12.0
    burst: int = 1
    streak: int = 3
    pause_s: float = 300.0
    pauses: int = 3


# How often one video is asked for though its host refuses: as often as opens the breaker, and once after its pause.
# The next video then finds out whether it was the host, or that video alone.
THROTTLED_TRIES = Policy.streak + 1


@dataclass
class _Host:
    """What is known of a host; times are those of the clock, in seconds.

    `due` is when the bucket is full again but for one request (the generic cell rate algorithm).
    """

    due: float = 0.0
    held_until: float = 0.0
    troubles: int = 0
    opened: int = 0
    probing_since: float = 0.0
    probed_by: str = ""


class Governor:
    """Ask `acquire` before each request and tell it by `worked`, `trouble` or `unclear` what came of it.

    What one governor asks is one attempt, which may take several requests; say what came of it at its end.
    """

    def __init__(
        self,
        policy: Policy,
        folder: Path | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._policy = policy
        self._folder = folder or governor_folder()
        self._clock, self._sleep = clock, sleep
        self._name = uuid.uuid4().hex

    def acquire(self, host: str) -> float:
        """Wait until the host may be asked; returns the seconds waited."""
        waited = 0.0
        while delay := self._ask(host):
            if delay > _WORTH_SAYING_S and self._clock() + delay > _announced.get(host, 0) + 1:
                self._announce(host, delay)
                _say(f"{host} was refusing: waiting {_words(delay)} before it is asked again")
            step = min(delay, _LOOK_AGAIN_S)
            self._sleep(step)
            waited += step
        return waited

    def worked(self, host: str) -> None:
        """Note that the host answered as it should: its breaker closes."""
        with self._state(host) as state:
            if state.opened:
                _say(f"{host} answers again; going on")
            state.troubles = state.opened = 0
            state.probing_since = 0.0

    def unclear(self, host: str) -> None:
        """Note that our requests told nothing of what the host thinks of us: its breaker stays as it is."""
        with self._state(host) as state:
            if state.probed_by == self._name:
                state.probing_since = 0.0

    def trouble(self, host: str, why: str, retry_after: float = 0.0) -> None:
        """Note that the host said it is asked too often; raises GovernorStoppedError when that is enough."""
        policy = self._policy
        with self._state(host) as state:
            state.troubles += 1
            if not state.probing_since and state.troubles < policy.streak:
                backoff = _FIRST_BACKOFF_S * 2 ** (state.troubles - 1)
                self._hold(state, retry_after or min(backoff, policy.pause_s) * random.uniform(0.5, 1.0))
                return
            pause = max(policy.pause_s * 2**state.opened, retry_after)
            stop = state.opened >= policy.pauses
            state.opened = min(state.opened + 1, policy.pauses)
            state.troubles, state.probing_since = 0, 0.0
            self._hold(state, pause)
        if stop:
            raise GovernorStoppedError(
                f"{host} goes on refusing ({why}) after {policy.pauses} pauses; nothing more was asked of it. "
                "What was fetched is kept. Wait some hours, lower --set download.rate, or use cookies of an "
                "account (--set download.cookies); then run the same command again"
            )
        self._announce(host, pause)
        _say(f"{host} is refusing ({why}): asking nothing of it for {_words(pause)}, then trying again")

    def _announce(self, host: str, seconds: float) -> None:
        """Note until when the user knows that nothing is asked of a host."""
        _announced[host] = self._clock() + seconds

    def _hold(self, state: _Host, seconds: float) -> None:
        until = self._clock() + min(seconds, _LONGEST_HOLD_S)
        state.held_until = max(state.held_until, until)

    def _ask(self, host: str) -> float:
        """Return 0 and count the request if it may be made now; else the seconds until it may."""
        interval = 60.0 / self._policy.per_minute
        with self._state(host) as state:
            now = self._clock()
            if state.held_until > now:
                return state.held_until - now
            if state.opened:
                being_tried = state.probing_since and now - state.probing_since < _PROBE_LASTS_S
                if being_tried and state.probed_by != self._name:
                    return _LOOK_AGAIN_S
                state.probing_since, state.probed_by = now, self._name
            early = state.due - interval * (self._policy.burst - 1) - now
            if early > 0:
                return early
            state.due = max(state.due, now) + interval
            return 0.0

    @contextmanager
    def _state(self, host: str) -> Iterator[_Host]:
        """Give the host's state under its lock, and write what the block changed."""
        path = self._folder / f"{re.sub(r'[^A-Za-z0-9.-]', '_', host)}.json"
        with storage_errors(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            state = _parse(os.pread(handle, 4096, 0))
            try:
                yield state
            finally:
                data = json.dumps(asdict(state)).encode()
                os.pwrite(handle, data, 0)
                os.ftruncate(handle, len(data))
        finally:
            os.close(handle)


def governor_folder() -> Path:
    """Return where the state of hosts is kept: `$AUDSEM_GOVERNOR`, or a folder of the user's cache."""
    return Path(os.environ.get("AUDSEM_GOVERNOR") or "~/.cache/audsem-data/governor").expanduser()


def host_key(host: str) -> str:
    """Return the name under which a host is governed: its domain, for a site has many hosts."""
    host = host.lower().partition(":")[0]
    if re.fullmatch(r"[0-9.]+", host):
        return host
    return ".".join(host.split(".")[-2:])


def _parse(data: bytes) -> _Host:
    """Read a state; one that a crash of the machine has torn is as good as none."""
    try:
        return _Host(**json.loads(data))
    except (ValueError, TypeError):
        return _Host()


def _words(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
