"""Publishing a dataset: planned, uploaded to a branch, verified there, promoted in one commit, tagged.

At every moment `main` is one whole release. All steps look at what the Hub holds before they act: a run that was
killed is finished by the next, and a run with nothing to do sends nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete

from audsem_data.core.errors import HubError, UsageError
from audsem_data.publish.hub import Repository, check_tag, git_sha1, same
from audsem_data.publish.losses import losses
from audsem_data.publish.manifest import MANIFEST, files_of
from audsem_data.publish.readme import README
from audsem_data.storage.digests import file_sha256

TOGETHER = 50  # files a commit while uploading; the Hub advises against more than 100
_KEPT = (".gitattributes",)  # the Hub's own

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What publishing would change: paths to send, to leave as they are, to delete; bytes to send at most."""

    send: Sequence[str]
    keep: Sequence[str]
    delete: Sequence[str]
    bytes: int


@dataclass(frozen=True)
class Receipt:
    """What was published: where, as which commit and tag, with the SHA-256 of every file."""

    repository: str
    commit: str
    tag: str
    files: Mapping[str, str]


class Release:
    """A dataset folder on its way to a repository."""

    def __init__(self, folder: Path, repository: Repository, say: Say = lambda line: None) -> None:
        self._folder, self._hub, self._say = folder, repository, say
        self._sha256 = {path: file_sha256(folder / path) for path in files_of(folder)}
        small = {path: git_sha1((folder / path).read_bytes()) for path in self._sha256 if not _is_data(path)}
        self._digests = {path: (sha, small.get(path, sha)) for path, sha in self._sha256.items()}

    def plan(self) -> Plan:
        """Return what differs from `main`; a repository that is not there yet is empty."""
        remote = self._hub.files("main") if self._hub.head() else {}
        kept = same(remote, self._digests)
        send = sorted(self._digests.keys() - kept)
        size = sum((self._folder / path).stat().st_size for path in send)
        return Plan(send, sorted(kept), sorted(remote.keys() - self._digests.keys() - {*_KEPT}), size)

    def losses(self) -> list[str]:
        """Return what would be lost of what `main` holds, a line each: rows of a config, files that are not ours.

        Nothing for a release that is new or loses little.
        """
        head = self._hub.head()
        if head is None:
            return []
        standing = self._hub.read(MANIFEST, head)
        foreign = self.plan().delete if standing is None else []
        lines = [f"{len(foreign)} files that audsem-data did not put there, {foreign[0]} first"] if foreign else []
        return [*lines, *losses(standing, (self._folder / MANIFEST).read_bytes())]

    def publish(
        self, tag: str | None = None, *, private: bool = True, gated: str | None = None, lossy: bool = False
    ) -> Receipt:
        """Make `main` of the repository this dataset, and tag it; `tag` None takes the next of v1, v2 ...

        Raises:
            UsageError: there can be no tag of this name, or much would be lost and `lossy` does not say that this
                is meant; nothing was sent.
            HubError: the Hub forbids something or goes on failing, somebody else changed `main` meanwhile, or the
                tag stands for another release. Run again once that is settled.
        """
        if tag is not None:
            check_tag(tag)
        user = self._hub.user()
        self._say(f"publishing as {user}")
        api, name = self._hub.api, self._hub.name
        self._hub.change(
            lambda: api.create_repo(name, repo_type="dataset", private=True, exist_ok=True),
            lambda: self._hub.head() is not None,
        )
        head = self._hub.head()
        plan = self.plan()
        if tag is not None:
            self._check_free(tag, None if plan.send or plan.delete else head)
        if not lossy and (lost := self.losses()):
            raise UsageError(
                f"{name} would lose much of what it holds: {'; '.join(lost)}. Give --yes if that is meant; older "
                "tags keep what they name"
            )
        if plan.send or plan.delete:
            branch = f"release-{self._sha256[MANIFEST][:12]}"
            self._upload(branch)
            self._verify(branch)
            self._promote(branch, head)
            self._drop(branch)
        else:
            self._say("every file is there already")
        receipt = self._tag(tag)
        self._open(private=private, gated=gated)
        return receipt

    def _upload(self, branch: str) -> None:
        """Bring every file to the branch, config after config, the README and the manifest last."""
        api, name = self._hub.api, self._hub.name
        self._hub.change(
            lambda: api.create_branch(name, branch=branch, repo_type="dataset", exist_ok=True),
            lambda: self._hub.head(branch) is not None,
        )
        missing = self._digests.keys() - same(self._hub.files(branch), self._digests)
        for number, paths in enumerate(_batches(sorted(missing, key=_order)), 1):
            self._say(f"sending {paths[0]}" + (f" and {len(paths) - 1} more" if len(paths) > 1 else ""))
            self._hub.change(
                lambda paths=paths, number=number: api.create_commit(  # type: ignore[misc]
                    name,
                    [CommitOperationAdd(path, self._folder / path) for path in paths],
                    commit_message=f"Upload, part {number}",
                    repo_type="dataset",
                    revision=branch,
                ),
                lambda paths=paths: set(paths) <= same(self._hub.files(branch), self._digests),  # type: ignore[misc]
            )

    def _verify(self, branch: str) -> None:
        """Raise HubError unless the branch holds these files, and every config and split of it gives a row."""
        wrong = self._digests.keys() - same(self._hub.files(branch), self._digests)
        if wrong:
            raise HubError(f"{self._hub.name}: {min(wrong)} did not arrive as it was sent; run publish again")
        for config, split in sorted({tuple(p.split("/")[1:]) for p in self._sha256 if _is_data(p)}):
            self._say(f"loading {config}, {split.partition('-')[0]} from the branch")
            _first_row(self._hub.name, branch, config, split.partition("-")[0])

    def _promote(self, branch: str, head: str | None) -> None:
        """Make `main` what the branch is, in one commit, if nobody has changed it since it was looked at."""
        plan, api, name = self.plan(), self._hub.api, self._hub.name
        copies = [CommitOperationCopy(path, path, src_revision=branch) for path in plan.send]
        deletes = [CommitOperationDelete(path, is_folder=False) for path in plan.delete]
        self._say(f"making it main: {len(copies)} files, {len(deletes)} deleted")

        def promoted() -> bool:
            left = self.plan()
            return not left.send and not left.delete

        try:
            self._hub.change(
                lambda: api.create_commit(
                    name,
                    [*copies, *deletes],
                    commit_message=f"Release {self._sha256[MANIFEST][:12]}",
                    repo_type="dataset",
                    parent_commit=head,
                ),
                promoted,
            )
        except HubError as error:
            if self._hub.head() != head:
                raise HubError(
                    f"{name}: somebody changed main during the upload; look at it, then run publish again"
                ) from error
            raise

    def _drop(self, branch: str) -> None:
        api, name = self._hub.api, self._hub.name
        self._hub.change(
            lambda: api.delete_branch(name, branch=branch, repo_type="dataset"),
            lambda: self._hub.head(branch) is None,
        )

    def _tag(self, wanted: str | None) -> Receipt:
        """Tag `main`, or find its tag; a tag never moves."""
        commit, tags, api, name = self._hub.head(), self._hub.tags(), self._hub.api, self._hub.name
        assert commit is not None
        standing = [tag for tag, target in tags.items() if target == commit]
        tag = wanted or (standing[0] if standing else _next(tags))
        self._check_free(tag, commit)
        if tag not in tags:
            self._hub.change(
                lambda: api.create_tag(name, tag=tag, revision=commit, repo_type="dataset", exist_ok=True),
                lambda: self._hub.tags().get(tag) == commit,
            )
        if self._hub.tags().get(tag) != commit:
            raise HubError(f"{name}: the tag {tag} came to stand for another commit; choose another tag")
        return Receipt(name, commit, tag, self._sha256)

    def _check_free(self, tag: str, commit: str | None) -> None:
        """Raise HubError where a tag stands for anything but this commit; None: for a commit that is to come."""
        if (standing := self._hub.tags().get(tag)) is not None and standing != commit:
            raise HubError(f"{self._hub.name}: the tag {tag} stands for another release, and a tag never moves")

    def _open(self, *, private: bool, gated: str | None) -> None:
        """Set who may read, once all is there."""
        api, name = self._hub.api, self._hub.name
        settings: dict[str, Any] = {"gated": gated} if gated else {}
        info = api.dataset_info(name)
        if bool(info.private) != private:
            settings["private"] = private
        if settings:
            self._hub.change(lambda: api.update_repo_settings(name, repo_type="dataset", **settings), lambda: False)


def as_json(receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as it is kept."""
    return asdict(receipt)


def _is_data(path: str) -> bool:
    return path.startswith("data/")


def _order(path: str) -> tuple[int, str]:
    return ([README, MANIFEST].index(path) + 1 if path in (README, MANIFEST) else 0, path)


def _batches(paths: Sequence[str]) -> Iterator[list[str]]:
    """Yield paths of one folder at a time, not too many: equal bytes of later configs are then found on the Hub."""
    batch: list[str] = []
    for path in paths:
        if batch and (len(batch) == TOGETHER or Path(path).parent != Path(batch[0]).parent):
            yield batch
            batch = []
        batch.append(path)
    if batch:
        yield batch


def _next(tags: Mapping[str, str]) -> str:
    numbers = [int(tag[1:]) for tag in tags if tag[:1] == "v" and tag[1:].isdecimal()]
    return f"v{max(numbers, default=0) + 1}"


def _first_row(name: str, revision: str, config: str, split: str) -> None:
    """Load a row from the Hub as a user would; raises HubError where that fails."""
    from datasets import Audio, load_dataset  # noqa: PLC0415  (slow to import)

    try:
        rows = load_dataset(name, config, split=split, revision=revision, streaming=True)
        if "audio" in (rows.features or {}):
            rows = rows.cast_column("audio", Audio(decode=False))
        next(iter(rows))
    except (OSError, ValueError, StopIteration, RuntimeError) as error:
        raise HubError(f"{name}: {config}, {split} does not load from the branch {revision}: {error}") from error
