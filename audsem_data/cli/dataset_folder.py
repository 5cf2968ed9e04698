"""From what a command line calls a dataset to a folder that holds it: one that is here, or a copy from the Hub."""

from pathlib import Path

from audsem_data.core.errors import HubError, UsageError


def dataset_folder(given: str, revision: str) -> Path:
    """Return the folder of a dataset, fetched where OWNER/NAME names one of the Hub.

    Raises UsageError for what is neither a folder here nor OWNER/NAME; HubError for what the Hub does not give.
    """
    path = Path(given).expanduser()
    if path.is_dir():
        return path
    is_path = path.is_absolute() or given.startswith((".", "~")) or given.count("/") != 1
    if path.exists() or is_path:
        what = "no folder" if path.exists() else "not there"
        raise UsageError(f"{given} is {what}; give the folder of a dataset, or OWNER/NAME for one on the Hub")
    from audsem_data.publish.hub import download

    try:
        return download(given, revision)
    except HubError as error:
        raise HubError(f"{given} is no folder here, and as a dataset of the Hub: {error}") from error
