"""A workspace: the folder that holds a recipe, its stages' records and the files that the records name."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import yaml

from audsem_data.core.errors import CorruptionError, UsageError
from audsem_data.core.keys import escape_video_id
from audsem_data.core.recipe import Recipe
from audsem_data.core.record import FileEntry, Record, part_name
from audsem_data.core.stage import Stage
from audsem_data.storage.digests import file_sha256
from audsem_data.storage.location import TEMPORARY, LocalLocation, is_abandoned
from audsem_data.storage.lock import check_lease
from audsem_data.storage.shelf import Shelf

Found = TypeVar("Found")


class Workspace:
    """Reads and commits by name under one location; any process may have one.

    Attributes:
        leases: by stage, of the lock under which this process works; a commit of the stage checks it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.leases: dict[str, str] = {}
        self.location = LocalLocation(root)

    @property
    def exists(self) -> bool:
        """Say whether the folder holds a recipe."""
        return (self.root / "recipe.yaml").is_file()

    def recipe(self) -> Recipe:
        """Read recipe.yaml; raises UsageError when there is none or it is not one."""
        try:
            text = self.location.read("recipe.yaml")
        except (FileNotFoundError, NotADirectoryError):
            raise UsageError(
                f"{self.root} is not a workspace: it has no recipe.yaml. Begin with `audsem-data run` or "
                "`audsem-data ingest --source ...`"
            ) from None
        try:
            return Recipe.model_validate(yaml.safe_load(text))
        except (yaml.YAMLError, ValueError) as error:
            raise UsageError(f"{self.root / 'recipe.yaml'} cannot be read: {error}") from error

    def save_recipe(self, recipe: Recipe) -> None:
        """Write recipe.yaml."""
        text = yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
        self.location.put("recipe.yaml", text.encode())

    def partition(self) -> dict[str, int]:
        """Return the frozen partition, video id -> shard; empty before select-captions has run."""
        try:
            return dict(json.loads(self.location.read("partition.json"))["videos"])
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError) as error:
            raise CorruptionError(
                f"{self.root / 'partition.json'} is damaged: {error}; restore it from a copy"
            ) from error

    def save_partition(self, videos: Mapping[str, int]) -> None:
        """Write partition.json."""
        text = json.dumps({"videos": dict(sorted(videos.items()))}, indent=0)
        self.location.put("partition.json", text.encode())

    def excluded(self) -> frozenset[str]:
        """Return the video ids of exclude.txt, as written and escaped; `#` begins a comment.

        Raises UsageError for an entry that cannot be honoured: a takedown must not be ignored in silence.
        """
        try:
            lines = self.location.read("exclude.txt").decode("utf-8-sig").splitlines()
        except FileNotFoundError:
            return frozenset()
        except UnicodeDecodeError as error:
            raise UsageError(f"{self.root / 'exclude.txt'} is not UTF-8 ({error}); save it as UTF-8") from error
        entries = [entry for line in lines if (entry := line.partition("#")[0].strip())]
        for entry in entries:
            if entry.startswith("channel:"):
                raise UsageError(f"exclude.txt: {entry}: channels are not known here; list the videos instead")
        return frozenset(entries) | frozenset(escape_video_id(entry) for entry in entries)

    def record(self, stage: Stage, shard: int) -> Record | None:
        """Return the record of a shard, or None when it has not been committed."""
        name = f"{folder(stage)}/{part_name(shard)}.json"
        try:
            return Record.parse(self.location.read(name), str(self.root / name))
        except FileNotFoundError:
            return None

    def shards(self, stage: Stage) -> list[int]:
        """Return the shards of a stage that have a record, ascending; reads none of them."""
        names = (name for name in self.location.sizes(folder(stage)) if is_record(name))
        return sorted(int(name.removeprefix("part-").removesuffix(".json")) for name in names)

    def records(self, stage: Stage) -> dict[int, Record]:
        """Return all records of a stage, by shard, ascending; raises CorruptionError.

        Every file that a record names is there and has its size; its bytes are checked when it is read.
        """
        sizes = self.location.sizes(folder(stage))
        found: dict[int, Record] = {}
        for name in sorted(sizes):
            if is_record(name) and (record := self._sound_record(stage, name, sizes)):
                found[record.shard] = record
        return found

    def _sound_record(self, stage: Stage, name: str, sizes: Mapping[str, int]) -> Record | None:
        """Return a record whose files are there, or None when it has gone; `sizes` may be a moment old.

        Another driver may have committed since the folder was listed: only what two looks agree on is damage.
        """
        path = f"{folder(stage)}/{name}"
        for look in (sizes, None):
            seen = self.location.sizes(folder(stage)) if look is None else look
            try:
                record = Record.parse(self.location.read(path), f"{self.root}/{path}")
            except FileNotFoundError:
                return None
            wrong = [entry for entry in record.files if seen.get(entry.name) != entry.bytes]
            if not wrong:
                return record
        raise CorruptionError(_damaged(stage, self.root / folder(stage), wrong[0], seen, record.shard))

    def reading(self, stage: Stage, shard: int, read: Callable[[Record], Found]) -> Found | None:
        """Return what `read` makes of a shard's record and files, or None when it has no record.

        Readers never lock: when a file vanishes because its shard was committed anew meanwhile, the new
        record is read instead.
        """
        before: Record | None = None
        while (record := self.record(stage, shard)) is not None:
            try:
                return read(record)
            except FileNotFoundError as error:
                if record == before:
                    missing = Path(error.filename)
                    raise CorruptionError(
                        f"{missing} is missing, and the record of {part_name(shard)} names it; "
                        f"run `audsem-data invalidate {stage.name} --shard {shard}` and the stage again"
                    ) from error
                before = record
        return None

    def path(self, stage: Stage, entry: FileEntry) -> Path:
        """Return where a committed file can be opened."""
        return self.location.local(f"{folder(stage)}/{entry.name}")

    def verify(self, stage: Stage, entry: FileEntry) -> Path:
        """Return the path of a committed file after reading it and comparing its SHA-256."""
        path = self.path(stage, entry)
        if file_sha256(path) != entry.sha256:
            raise CorruptionError(
                f"{path} is not what was committed (its SHA-256 differs); "
                f"run `audsem-data invalidate {stage.name} --shard {_shard_of(entry)}` and the stage again"
            )
        return path

    def publish(self, stage: Stage, scratch: Path, prefix: str, shard: int, suffix: str) -> FileEntry:
        """Give a written scratch file its content-bearing name and return its entry."""
        sha256 = file_sha256(scratch)
        size = scratch.stat().st_size
        name = f"{prefix}-{shard:05d}-{sha256[:8]}.{suffix}"
        self.location.publish(scratch, f"{folder(stage)}/{name}")
        return FileEntry(name, size, sha256)

    def commit(self, stage: Stage, record: Record, superseded: Record | None) -> None:
        """Replace the shard's record, the only commit, then free the files that it no longer names.

        Raises StageBusyError where the stage's lock is no longer held under our lease.
        """
        if lease := self.leases.get(stage.name):
            check_lease(self.lock(stage), stage.name, lease)
        self.location.put(f"{folder(stage)}/{part_name(record.shard)}.json", record.dump())
        if superseded:
            kept = {entry.name for entry in record.files}
            for entry in superseded.files:
                if entry.name not in kept:
                    self.location.delete(f"{folder(stage)}/{entry.name}")

    def sweep(self, stage: Stage, records: Mapping[int, Record]) -> None:
        """Delete what no record names: leavings of killed runs. Only for who holds the stage's lock."""
        kept = {entry.name for record in records.values() for entry in record.files}
        kept |= {f"{part_name(shard)}.json" for shard in records} | {"units.json", "state.json", "plan.json"}
        for name in self.location.sizes(folder(stage)):
            if name not in kept:
                self.location.delete(f"{folder(stage)}/{name}")

    def sweep_scratch(self) -> None:
        """Delete half-written files beside recipe.yaml, in logs/ and sources/, whose writers are gone."""
        for place in ("", "logs", "sources"):
            for path in (self.root / place).glob(f"{TEMPORARY}*"):
                if is_abandoned(path):
                    path.unlink(missing_ok=True)

    def forget(self, stage: Stage, shard: int) -> None:
        """Remove the record of a shard; its files are swept by the next run, its spool stays."""
        self.location.delete(f"{folder(stage)}/{part_name(shard)}.json")

    def spool(self, stage: Stage, shard: int) -> Path:
        """Return the folder of a shard's spool."""
        return self.location.local(f"cache/{stage.name}/{part_name(shard)}")

    def spools(self, stage: Stage) -> list[int]:
        """Return the shards that have a spool or a shelf."""
        folders = self.location.local(f"cache/{stage.name}").glob("part-*")
        return sorted(int(folder.name.removeprefix("part-")) for folder in folders)

    def shelf(self, stage: Stage, shard: int) -> Shelf:
        """Return the shelf of a shard; it lies beside the spool."""
        return Shelf(self.spool(stage, shard))

    def lock(self, stage: Stage) -> Path:
        """Return the stage's lock file."""
        return self.location.local(f"{stage.name}/.lock")


def folder(stage: Stage) -> str:
    """Return the folder that holds a stage's shards."""
    return f"{stage.name}/v{stage.version}"


def is_record(name: str) -> bool:
    """Say whether a file of a stage's folder is a record."""
    return name.startswith("part-") and name.endswith(".json")


def _shard_of(entry: FileEntry) -> int:
    return int(entry.name.split("-")[1])


def _damaged(stage: Stage, where: Path, entry: FileEntry, sizes: Mapping[str, int], shard: int) -> str:
    found = f"has {sizes[entry.name]} bytes" if entry.name in sizes else "is missing"
    return (
        f"{where / entry.name} {found}, and its record says {entry.bytes} bytes; run `audsem-data invalidate "
        f"{stage.name} --shard {shard}` and the stage again: only this shard is redone"
    )
