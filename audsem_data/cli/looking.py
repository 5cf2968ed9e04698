"""What the commands that look at things are pointed at: a workspace or a dataset, here or on the Hub."""

from importlib.util import find_spec
from pathlib import Path

from audsem_data.core.errors import UsageError
from audsem_data.report.library import Library, open_library


def library_of(workspace: Path | None, dataset: str | None, revision: str = "main") -> Library:
    """Return what to look at; raises UsageError unless exactly one of the two is named."""
    if dataset is not None:
        from audsem_data.cli.dataset_folder import dataset_folder

        return open_library(dataset_folder(dataset, revision))
    if workspace is None:
        raise UsageError("name what to look at: a dataset (DIR or OWNER/NAME), or a workspace by --workspace")
    return open_library(workspace)


def need_extra(extra: str, *modules: str) -> None:
    """Raise UsageError that names the extra to install, where one of its modules is not there."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise UsageError(f"{missing[0]} is not installed; run `pip install 'audsem-data[{extra}]'`")
