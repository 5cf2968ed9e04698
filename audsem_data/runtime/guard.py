"""Keeping an unforeseen error of one stage from costing the work of others, without hiding it."""

import traceback
from types import TracebackType
from typing import Self

from audsem_data.core.errors import AudsemError, StageError


class Guard:
    """`with guard:` remembers an exception instead of raising it; whoever holds the guard must look.

    Interrupts and exits pass through. An exception that is not ours is a defect: it becomes a StageError that
    carries its traceback in `details`.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.error: AudsemError | None = None
        self.details = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        self.details = "".join(traceback.format_exception(error))
        if isinstance(error, AudsemError):
            self.error = error
        else:
            self.error = StageError(f"{self.where}: {type(error).__name__}: {error} (a defect; see the log)")
        return True
