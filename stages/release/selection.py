"""Which rows of a workspace shard go into which config and split: from key columns and sizes only."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from audsem_data.core.errors import StageError
from audsem_data.core.layout import Upstream
from audsem_data.publish.cuts import TEXT_BYTES, RowRef
from audsem_data.publish.layout import CLIPS, config_of
from audsem_data.publish.splits import split_of

MEDIA = "standardize"
KEPT = "select-clips"
EVIDENCE = "combine"
FETCHED = "download"
# The stage that writes the examples of each task.
WRITERS: Mapping[str, str] = {
    "captioning": "generate-captioning",
    "mc_qa": "generate-mc-qa",
    "open_qa": "generate-open-qa",
    "creative_writing": "generate-creative-writing",
}

Selection = dict[tuple[str, str], list[RowRef]]


class KeptClip(NamedTuple):
    """A clip that the dataset holds: its split and the size of its audio."""

    split: str
    bytes: int


class Selector(NamedTuple):
    """Reads what a shard gives to the dataset.

    Attributes:
        validation: expected fraction of videos; `test` likewise.
        audio: the configs' option of that name; decides which rows weigh as much as their audio.
    """

    upstream: Upstream
    validation: float
    test: float
    audio: str

    def tasks(self) -> Sequence[str]:
        """Return the tasks for which there are examples; raises StageError where some shards have none yet."""
        tasks = {task: self.upstream.shards(stage) for task, stage in WRITERS.items()}
        for task, shards in tasks.items():
            missing = sorted(set(self.upstream.shards(MEDIA)) - set(shards))
            if shards and missing:
                raise StageError(f"{WRITERS[task]} has not finished shard {missing[0]}; run it, then assemble")
        return [task for task, shards in tasks.items() if shards]

    def clips(self, shard: int) -> dict[str, KeptClip]:
        """Return the clips that have media, are kept, and whose video is not excluded, in key order."""
        chosen = self.upstream.table(KEPT, shard, ["clip_id", "keep"])
        keep = dict(zip(chosen["clip_id"].to_pylist(), chosen["keep"].to_pylist(), strict=True))
        clips = {}
        for row in self.upstream.table(MEDIA, shard, ["clip_id", "video_id", "audio_bytes"]).to_pylist():
            if row["clip_id"] not in keep:
                raise StageError(f"{KEPT} does not know {row['clip_id']} of shard {shard}; run it again")
            if keep[row["clip_id"]] and not self.upstream.excluded(row["video_id"]):
                split = split_of(row["video_id"], self.validation, self.test)
                clips[row["clip_id"]] = KeptClip(split, row["audio_bytes"])
        return clips

    def rows(self, shard: int, group: str, clips: Mapping[str, KeptClip]) -> Selection:
        """Return the rows of `clips`, or the examples of a task, by config and split, in order."""
        return self._clips(clips) if group == CLIPS else self._examples(shard, group, clips)

    def _clips(self, clips: Mapping[str, KeptClip]) -> Selection:
        selection: Selection = {}
        for clip_id, clip in clips.items():
            row = RowRef(clip_id, clip_id, self._weight(CLIPS, clip))
            selection.setdefault((CLIPS, clip.split), []).append(row)
        return selection

    def _examples(self, shard: int, task: str, clips: Mapping[str, KeptClip]) -> Selection:
        table = self.upstream.table(WRITERS[task], shard, ["example_id", "clip_id", "variant"])
        selection: Selection = {}
        for row in table.to_pylist():
            clip = clips.get(row["clip_id"])
            if clip is not None:
                ref = RowRef(row["example_id"], row["clip_id"], self._weight(task, clip))
                selection.setdefault((config_of(task, row["variant"]), clip.split), []).append(ref)
        return selection

    def _weight(self, group: str, clip: KeptClip) -> int:
        return TEXT_BYTES + (clip.bytes if holds_audio(self.audio, group) else 0)


def holds_audio(audio: str, group: str) -> bool:
    """Say whether the rows of a task, or of `clips`, carry audio under the option `audio`."""
    return audio == "repeat" or (audio == "once" and group == CLIPS)
