"""One clip with all that is known of it: its life, what was measured, what was written, and what was refused."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audsem_data.core.errors import AudsemError
from audsem_data.core.keys import parse_clip_id
from audsem_data.report.dataset_library import DatasetLibrary
from audsem_data.report.library import Library
from audsem_data.report.workspace_library import WorkspaceLibrary
from audsem_data.runtime.explain import Event, explain
from audsem_data.storage.spool import Spool

_ASIDE = frozenset({"clip_id", "cue_id", "video_id", "start_ms", "end_ms", "text", "caption"})
_JOINED = frozenset({"combine", "select-captions", "ingest", "extract-sdh"})


@dataclass
class ClipView:
    """What a page shows of a clip.

    Attributes:
        row: id, caption, seconds, verdict and comment, as searched.
        events: what every stage made of it. evidence: by annotator or score, its values by name.
        examples: what was written of it.
    """

    row: Mapping[str, Any]
    events: Sequence[Event] = ()
    evidence: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    examples: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def why_left_out(self) -> list[Event]:
        """The events that cost it its place; annotators that leave such clips out cost it none."""
        lost = [one for one in self.events if one.outcome != "done" and not one.stage.startswith("annotate-")]
        decided = [one for one in self.events if one.stage == "select-clips" and _not_kept(one)]
        return [*lost, *decided]

    @property
    def by_second(self) -> list[tuple[int, str, float]]:
        """The likeliest tag of every second, and how likely it is."""
        seconds = self.evidence.get("sat", {}).get("seconds") or []
        return [(one["second"], one["tags"][0]["label"], one["tags"][0]["score"]) for one in seconds if one["tags"]]


def view(library: Library, row: Mapping[str, Any]) -> ClipView:
    """Return a clip as a page shows it; `row` is what the index holds of it."""
    key = row["clip_id"]
    if isinstance(library, WorkspaceLibrary):
        return _of_workspace(library, row)
    assert isinstance(library, DatasetLibrary)
    held = library.row(key) or {}
    evidence = {name: value for name, value in held.items() if isinstance(value, dict)}
    plain = {
        name: value for name, value in held.items() if name not in _ASIDE and not isinstance(value, (dict, list))
    }
    return ClipView(row, (), {**evidence, "other": plain}, _sorted(library.examples_of(key)))


def attempts(library: Library, key: str) -> Iterator[dict[str, Any]]:
    """Yield every answer that a writer, or a judge, gave about a clip, as the spool kept it."""
    if not isinstance(library, WorkspaceLibrary):
        return
    workspace = library.context.workspace
    home = workspace.partition().get(parse_clip_id(key).video_id)
    needle = json.dumps(key).encode()
    for name, stage in library.stages.items():
        if name.startswith("generate-") and home is not None:
            for payload in Spool(workspace.spool(stage, home)).payloads():
                if needle in payload:
                    kept = json.loads(payload)
                    if kept["about"].get("clip") == key:
                        yield {**kept["about"], "text": _answer(kept)}


def _of_workspace(library: WorkspaceLibrary, row: Mapping[str, Any]) -> ClipView:
    try:
        events = explain(library.context, row["clip_id"])
    except AudsemError as error:
        return ClipView(row, (), {"error": {"why": str(error)}})
    found = ClipView(row, events)
    for event in events:
        if event.stage.startswith("generate-"):
            found.examples += event.values
        elif event.stage not in _JOINED and event.stage != "assemble" and event.values:
            name = event.stage.removeprefix("annotate-").replace("-", "_")
            values = {key: value for key, value in event.values[0].items() if key not in _ASIDE}
            found.evidence[name] = {**found.evidence.get(name, {}), **values}
    found.examples = _sorted(found.examples)
    return found


def _sorted(examples: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(examples, key=lambda one: (one["task"], one["variant"], one["example_id"]))


def _answer(kept: Mapping[str, Any]) -> str:
    if "failed" in kept:
        return ": ".join(map(str, kept["failed"]))
    text = str(kept["reply"]["text"])
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except ValueError:
        return text


def _not_kept(event: Event) -> bool:
    return any(row.get("keep") is False for row in event.values)
