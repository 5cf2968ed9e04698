"""Finished rows of slow stages in the spool: what was asked (fingerprint, row, content) -> its outcome."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from audsem_data.core.outcome import Done, Failed, Filtered, Outcome, Row, Status
from audsem_data.core.stage import Stage


def spool_key(fingerprint: str, key: str, input_digest: str, attempt: int) -> bytes:
    """Return the 32 bytes under which a row's outcome is kept: the same work asked again is not done again."""
    return hashlib.sha256("\0".join([fingerprint, key, input_digest, str(attempt)]).encode()).digest()


def dump_outcome(outcome: Outcome) -> bytes:
    """Return an outcome as JSON; values that are numpy scalars or arrays become plain numbers and lists."""
    value = {
        "status": outcome.status,
        "reason": outcome.reason,
        "detail": outcome.detail,
        "rows": [dict(row) for row in outcome.rows],
    }
    return json.dumps(value, default=_plain).encode()


def load_outcome(stage: Stage, payload: bytes) -> Outcome:
    """Read what `dump_outcome` wrote."""
    value = json.loads(payload)
    return restore_outcome(stage, value["status"], value["reason"], value["detail"], value["rows"])


def restore_outcome(
    stage: Stage, status: str, reason: str | None, detail: str, rows: Sequence[Row] = ()
) -> Outcome:
    """Return the outcome that was kept as these values."""
    if status == Status.DONE:
        return Done(rows, detail, reason=stage.all_reasons[reason] if reason else None)
    make = Filtered if status == Status.FILTERED else Failed
    if reason is None:
        raise ValueError(f"{stage.name}: an outcome that is {status} has no reason")
    return make(stage.all_reasons[reason], detail)


def _plain(value: Any) -> Any:
    return value.tolist()
