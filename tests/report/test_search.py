"""The index finds what the committed shards hold, whatever is asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline.conftest import run_cli

from audsem_data.browse.index import Index
from audsem_data.browse.search import PAGE, Query, choices, search
from audsem_data.browse.tables import tables_of
from audsem_data.browse.thresholds import compare
from audsem_data.core.errors import UsageError
from audsem_data.report.library import open_library
from audsem_data.runtime.api import Project
from audsem_data.storage.reviews import Review, Verdict
from report.hostile import HOSTILE, write_hostile_dataset


@pytest.fixture(scope="module")
def index(built: Path) -> Iterator[Index]:
    made = Index(tables_of(open_library(built)), [])
    yield made
    made.close()


def test_every_clip_is_found_once_over_all_pages(index: Index, built: Path) -> None:
    keys = set(Project(built).read("select-captions")["clip_id"].to_pylist())
    first = search(index, Query(kept="clips"))
    pages = [search(index, Query(kept="clips", page=page)) for page in range(first.pages)]
    found = [clip["clip_id"] for page in pages for clip in page.clips]
    assert first.total == len(keys) and sorted(found) == sorted(keys)
    assert search(index, Query(page=10_000)).clips, "a page after the last is the last"


def test_filters_find_what_the_stages_say(index: Index, built: Path) -> None:
    clips = Project(built).read("select-captions", "score-duration").to_pylist()
    ringing = [clip["clip_id"] for clip in clips if "ring" in clip["caption"]]
    found = search(index, Query(text="RING", kept="clips"))
    assert [clip["clip_id"] for clip in found.clips] == sorted(ringing) and ringing
    low, high = 3500.0, 4700.0
    between = [clip["clip_id"] for clip in clips if low <= clip["duration_ms"] < high]
    found = search(index, Query(score="duration", low=low, high=high, order="high"))
    assert sorted(clip["clip_id"] for clip in found.clips) == sorted(between) and len(between) <= PAGE
    scores = [clip["score"] for clip in found.clips]
    assert scores == sorted(scores, reverse=True)
    dropped = next(one for one in choices(index)["fates"] if one["reason"] == "below_threshold")
    found = search(index, Query(stage="select-captions", reason="below_threshold"))
    assert found.total == dropped["n"] > 0
    assert all(clip["left_out"] == "select-captions: below_threshold" for clip in found.clips)
    assert search(index, Query(task="mc_qa")).total == len(clips)
    assert search(index, Query(kept="left", stage="combine")).total == 0


@pytest.mark.parametrize("text", ["%", "_", "'; DROP TABLE clips; --", '"', "\\", "\x00", "a" * 5000, *HOSTILE[:4]])
def test_what_is_typed_is_only_ever_text(index: Index, text: str) -> None:
    before = search(index, Query()).total
    assert search(index, Query(text=text)).total == (before if text == "_" else 0)  # ids hold underscores
    for name in ("tag", "task", "stage", "reason"):
        assert search(index, Query.read({name: text}, [])).total == 0
    assert search(index, Query()).total == before


@pytest.mark.parametrize(
    "given", [{"score": "x"}, {"score": 'duration" OR 1=1'}, {"low": "a"}, {"page": "one"}, {"kept": "x"}]
)
def test_a_wrong_parameter_is_named(index: Index, given: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=next(iter(given))):
        Query.read(given, index.scores)


def test_decisions_are_searched_at_once(index: Index) -> None:
    key = search(index, Query()).clips[0]["clip_id"]
    undecided = search(index, Query(reviewed="none")).total
    index.note(Review(key, Verdict.REJECT, "noisy", ""))
    assert [clip["clip_id"] for clip in search(index, Query(reviewed="reject")).clips] == [key]
    assert search(index, Query(reviewed="none")).total == undecided - 1
    assert search(index, Query(reviewed="comment")).total == 1
    index.note(Review(key, None, "", ""))
    assert search(index, Query(reviewed="none")).total == undecided


def test_two_thresholds_are_compared_as_select_clips_would_decide(index: Index, built: Path) -> None:
    lengths = Project(built).read("score-duration")["duration_ms"].to_pylist()
    compared = compare(index, "duration", "4000", "3500")
    assert compared.kept_a == sum(length >= 4000 for length in lengths)
    assert compared.kept_b == sum(length >= 3500 for length in lengths)
    low, high = compared.span
    assert search(index, Query(score="duration", low=low, high=high)).total == compared.between
    assert compare(index, "duration", "", "").a == 3000, "an empty threshold is the declared one"
    with pytest.raises(UsageError, match="is a number"):
        compare(index, "duration", "x", "")


def test_a_clip_that_a_threshold_drops_says_so(workspace: Path) -> None:
    run_cli("invalidate", "select-clips", "--workspace", workspace)
    setting = "select-clips.min_duration_ms=4000"
    run_cli("run", "--workspace", workspace, "--until", "select-clips", "--set", setting)
    made = Index(tables_of(open_library(workspace)), [])
    found = search(made, Query(stage="select-clips", reason="too_short"))
    assert found.total and found.total == search(made, Query(kept="left", text="demo", reason="too_short")).total
    assert {clip["left_out"] for clip in found.clips} == {"select-clips: too_short"}
    made.close()


def test_a_dataset_is_indexed_with_its_tags(tmp_path: Path) -> None:
    write_hostile_dataset(tmp_path)
    made = Index(tables_of(open_library(tmp_path)), [])
    assert search(made, Query(tag=HOSTILE[0])).total == 1
    assert search(made, Query(tag="Speech")).total == len(HOSTILE)
    assert search(made, Query(task="mc_qa")).total == len(HOSTILE)
    made.close()
