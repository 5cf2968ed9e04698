"""The Hub, as publishing needs it: what a repository holds, and changes that survive its moods.

The token comes from the login or from HF_TOKEN, by huggingface_hub itself; no argument, file or message holds it.
"""

import hashlib
import logging
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils._validators import validate_repo_id

from audsem_data.core.errors import HubError, UsageError

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

ATTEMPTS = 6
TIMEOUT = 60.0  # the longest pause between two attempts, in seconds
_FAILURES = (HfHubHTTPError, httpx2.HTTPError, OfflineModeIsEnabled)
_UNREACHABLE = (httpx2.TransportError, OfflineModeIsEnabled, LocalEntryNotFoundError)
# What git allows in the name of a tag, and no name that a branch has.
_TAG = re.compile(
    r"(?!-|main$|@$)(?!.*(?:\.\.|@\{|//|/$|\.$|\.lock(?:/|$)))(?!\.|.*/\.|/)[^\x00-\x20\x7f~^:?*\[\\]+"
)


class Repository:
    """A dataset repository; every change is tried again where the Hub is busy or breaks off."""

    def __init__(self, name: str, patience: float = 1.0) -> None:
        """Name it OWNER/NAME; `patience` is the first pause between attempts, in seconds, and doubles.

        Raises UsageError for a name that no repository can have.
        """
        check_repository(name)
        self.name, self.api, self._patience = name, HfApi(), patience

    def user(self) -> str:
        """Return who the token belongs to; raises HubError that says how to log in."""
        try:
            return str(self._ask(self.api.whoami)["name"])
        except (LocalTokenNotFoundError, HubError) as error:
            if isinstance(error.__cause__, _UNREACHABLE):
                raise
            raise HubError(f"the Hub does not know you: run `hf auth login`, or set HF_TOKEN ({error})") from error

    def head(self, revision: str = "main") -> str | None:
        """Return the commit of a branch or tag; None where there is none."""
        try:
            return self._ask(lambda: self.api.dataset_info(self.name, revision=revision)).sha
        except (RepositoryNotFoundError, RevisionNotFoundError):
            return None

    def files(self, revision: str) -> dict[str, str]:
        """Return each file's digest at a revision: its SHA-256 where the Hub keeps it apart, else git's SHA-1."""
        listed = self._ask(
            lambda: list(self.api.list_repo_tree(self.name, recursive=True, revision=revision, repo_type="dataset"))
        )
        return {
            entry.path: entry.lfs.sha256 if entry.lfs else entry.blob_id
            for entry in listed
            if isinstance(entry, RepoFile)
        }

    def read(self, path: str, revision: str) -> bytes | None:
        """Return a file's bytes at a revision; None where there is no such file."""
        try:
            found = self._ask(
                lambda: self.api.hf_hub_download(self.name, path, repo_type="dataset", revision=revision)
            )
        except RemoteEntryNotFoundError:
            return None
        return Path(found).read_bytes()

    def tags(self) -> dict[str, str]:
        """Return the commit of each tag."""
        refs = self._ask(lambda: self.api.list_repo_refs(self.name, repo_type="dataset"))
        return {tag.name: tag.target_commit for tag in refs.tags}

    def change(self, act: Callable[[], Any], done: Callable[[], bool]) -> None:
        """Carry out a change; before it is sent again, `done` says whether it has happened after all.

        Raises:
            HubError: the Hub forbids it, or goes on failing.
        """
        for attempt in range(ATTEMPTS):
            try:
                act()
            except _FAILURES as error:
                if self._ask(done):
                    return
                if attempt + 1 == ATTEMPTS or not _passing(error):
                    raise HubError(_said(self.name, error)) from error
                self._pause(attempt, error)
            else:
                return

    def _ask(self, question: Callable[[], Result]) -> Result:
        """Return the answer to a question, asked again while the Hub is busy."""
        for attempt in range(ATTEMPTS):
            try:
                return question()
            except (RepositoryNotFoundError, RevisionNotFoundError, RemoteEntryNotFoundError):
                raise
            except (*_FAILURES, LocalEntryNotFoundError) as error:
                if attempt + 1 == ATTEMPTS or not _passing(error):
                    raise HubError(_said(self.name, error)) from error
                self._pause(attempt, error)
        raise AssertionError  # the loop returns or raises

    def _pause(self, attempt: int, error: Exception) -> None:
        pause = min(_retry_after(error) or self._patience * 2**attempt * random.uniform(0.5, 1), TIMEOUT)
        logger.info("%s: %s; trying again in %.1f s", self.name, error, pause)
        time.sleep(pause)


def download(name: str, revision: str = "main") -> Path:
    """Return a folder with all files of a dataset repository; raises HubError."""
    check_repository(name)
    try:
        return Path(snapshot_download(name, repo_type="dataset", revision=revision))
    except (RepositoryNotFoundError, GatedRepoError) as error:
        raise HubError(f"there is no dataset {name}, or it is not open to you; `hf auth login` first") from error
    except RevisionNotFoundError as error:
        raise HubError(f"{name} has no revision {revision}") from error
    except (*_FAILURES, OSError) as error:
        raise HubError(_said(name, error)) from error


def check_repository(name: str) -> None:
    """Raise UsageError for what is not OWNER/NAME as the Hub allows it."""
    try:
        validate_repo_id(name)
    except HFValidationError as error:
        reason = str(error).partition(":")[0]
        raise UsageError(f"{name!r} can be no repository of the Hub: expected OWNER/NAME ({reason})") from error
    if "/" not in name:
        raise UsageError(f"{name!r} is no repository: expected OWNER/NAME; new ones need an owner")


def check_tag(tag: str) -> None:
    """Raise UsageError for what can be no tag."""
    if not _TAG.fullmatch(tag):
        raise UsageError(f"--tag {tag!r}: no tag can be called so; take letters, digits, dots and hyphens: v2.1")


def git_sha1(data: bytes) -> str:
    """Return what git calls a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def same(remote: Mapping[str, str], local: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the paths whose remote digest is one of the local file's digests."""
    return {path for path, digests in local.items() if remote.get(path) in digests}


def _passing(error: Exception) -> bool:
    """Say whether the same request may succeed later."""
    if isinstance(error, HfHubHTTPError) and error.response is not None:
        return error.response.status_code == 429 or error.response.status_code >= 500
    return isinstance(error, httpx2.TransportError | LocalEntryNotFoundError)


def _retry_after(error: Exception) -> float | None:
    response = getattr(error, "response", None)
    try:
        return float(response.headers.get("retry-after", "")) if response is not None else None
    except ValueError:
        return None


def _said(name: str, error: Exception) -> str:
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    if isinstance(error, _UNREACHABLE):
        return f"{name}: the Hub cannot be reached ({line}): look at the network, HTTPS_PROXY and HF_ENDPOINT"
    return f"{name}: the Hub does not take it: {line}"
