"""What a run could not finish: a stage that fails stops what reads it, and nothing else."""

from collections.abc import Sequence

from audsem_data.core.errors import AudsemError, RecipeDriftError, StageBusyError, StorageError
from audsem_data.core.stage import Stage

# Errors that end a run at once: the next stage would meet the same, or must not begin.
ENDING = (StorageError, StageBusyError, RecipeDriftError)


class Unfinished:
    """The errors of a run so far, and the stages that they hold up."""

    def __init__(self) -> None:
        self._errors: list[AudsemError] = []
        self._failed: list[str] = []
        self._waiting: dict[str, list[str]] = {}

    def free(self, stages: Sequence[Stage]) -> list[str]:
        """Return the names of the stages that nothing unfinished holds up; the others are noted as waiting."""
        free: list[str] = []
        for stage in stages:
            unfinished = sorted(stage.reads & {*self._failed, *self._waiting})
            if unfinished:
                self._waiting[stage.name] = unfinished
            else:
                free.append(stage.name)
        return free

    def add(self, error: AudsemError, names: Sequence[str]) -> None:
        """Note an error and the stages that it left unfinished."""
        self._errors.append(error)
        self._failed += names

    def finish(self) -> None:
        """Raise the first error, with the others and the stages that wait as notes; nothing if there was none."""
        if not self._errors:
            return
        first, *others = self._errors
        for error in others:
            first.add_note(f"error: {error}")
        if self._waiting:
            first.add_note(f"not run: {', '.join(self._waiting)}; they wait for {', '.join(self._failed)}")
        raise first
