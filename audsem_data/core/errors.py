"""Every error that audsem-data raises on purpose, with the exit code that the command line gives it.

    AudsemError                 1
      InputError                1   what the user gave cannot be read
      UsageError                2   an option, stage or key that does not exist
      RecipeDriftError          3   the recorded fingerprint differs from the recipe's
      StageBusyError            4   another driver holds the stage
      RowsFailedError           5   rows failed and --strict was given
      GovernorStoppedError      6   a host goes on refusing; going on would make it worse
      CorruptionError           1   a record or data file is not what was committed
      StageError                1   a stage broke its contract (schema, keys, reconciliation)
      ToleranceError            1   more rows failed than the stage tolerates
      StorageError              1   the disk is full, read-only or failing
      WorkerError               1   a shard killed its worker twice
      ModelError                1   a model's weights are absent, damaged or of another model
      HubError                  1   the Hub does not take or give what it is asked
      EmptyDatasetError         1   no row is left that a dataset could hold
      TakedownError             1   something of a video that is to be gone is still there

A message is one line for a person: what happened, where, and what to do.
"""

from typing import ClassVar


class AudsemError(Exception):
    """The base of all; `exit_code` is what the command line exits with."""

    exit_code: ClassVar[int] = 1


class InputError(AudsemError):
    """What the user gave cannot be read or is not what it should be."""


class UsageError(AudsemError):
    """An option, stage, profile or key that does not exist or has a wrong value."""

    exit_code = 2


class RecipeDriftError(AudsemError):
    """A committed record was made under another fingerprint; carries the field-by-field difference."""

    exit_code = 3


class StageBusyError(AudsemError):
    """Another live process drives the stage; the message names it."""

    exit_code = 4


class RowsFailedError(AudsemError):
    """The run finished, rows failed, and the user asked for none to."""

    exit_code = 5


class GovernorStoppedError(AudsemError):
    """A host refused through every pause that was allowed; nothing more is asked of it."""

    exit_code = 6


class CorruptionError(AudsemError):
    """A committed record or data file is damaged or missing."""


class StageError(AudsemError):
    """A stage broke its contract: wrong schema, unknown key, rows that do not reconcile."""


class ToleranceError(AudsemError):
    """A larger fraction of rows failed than the stage tolerates."""


class StorageError(AudsemError):
    """The workspace cannot be written: full, read-only, or failing."""


class WorkerError(AudsemError):
    """A worker process died twice on the same shard."""


class HubError(AudsemError):
    """The Hub does not take or give what it is asked, or goes on failing."""


class EmptyDatasetError(AudsemError):
    """No row is left that a dataset could hold; the message says where they went."""


class TakedownError(AudsemError):
    """Something of a video that was to be taken down is still in the workspace."""


class ModelError(AudsemError):
    """A model's weights are absent, damaged, or not those of the model that reads them."""
