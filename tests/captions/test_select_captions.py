"""Which captions become clips, and in which shard they lie."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audsem_data.core.errors import StageError
from audsem_data.core.keys import ClipInterval, cue_id, sort_key
from audsem_data.core.layout import Layout
from audsem_data.stages.select.classify_encoder import open_classify_encoder
from audsem_data.stages.select.classify_lexicon import open_classify_lexicon
from audsem_data.stages.select.extract_sdh import open_extract_sdh
from audsem_data.stages.select.select_captions import open_select_captions
from audsem_data.storage.parquet import to_table

from .driver import Tables, open_stage

Caption = tuple[str, int, str, float]  # video, start in s, track, score


def _upstream(*shards: Sequence[Caption], excluded: Sequence[str] = ()) -> Tables:
    captions, scores = [], []
    for shard in shards:
        rows = []
        for n, (video, start, track, score) in enumerate(shard):
            interval = ClipInterval(video, start * 1000, start * 1000 + 2000)
            row = {"cue_id": cue_id(interval, track, n), **interval._asdict(), "text": "[bang]", "caption": "bang"}
            rows.append(
                row | {"sounds": 1, "language": "en", "media": None, "media_signature": None, "score": score}
            )
        rows.sort(key=lambda row: sort_key(row["cue_id"]))
        captions.append(to_table(open_extract_sdh.columns, [_pick(row, open_extract_sdh) for row in rows]))
        scored = [_pick(row | {"terms": []}, open_classify_lexicon) for row in rows]
        scores.append(to_table(open_classify_lexicon.columns, scored))
    return Tables({"extract-sdh": captions, "classify-lexicon": scores}, frozenset(excluded))


def _pick(row: dict[str, Any], stage: Any) -> dict[str, Any]:
    return {column.name: row[column.name] for column in stage.columns}


def _run(
    upstream: Tables, folder: Path, partition: dict[str, int] | None = None, **options: Any
) -> tuple[Layout, dict[int, list[str]], dict[str, str]]:
    """Return the layout, the clips by shard, and the fate of every caption."""
    stage = open_stage(open_select_captions, **options)
    layout: Layout = stage.plan(upstream, partition or {})
    clips, fates = {}, {}
    for part in layout.parts:
        out = folder / f"{part.index}.parquet"
        for key, outcome in stage.build(part, upstream, out):
            assert key not in fates
            fates[key] = str(outcome.reason or outcome.status)
        table = pq.read_table(out, partitioning=None)
        assert table.schema.names == [column.name for column in open_select_captions.columns]
        clips[part.index] = table["clip_id"].to_pylist()
        assert clips[part.index] == sorted(set(clips[part.index]), key=sort_key)
    return layout, clips, fates


def test_thresholds_and_duplicates(tmp_path: Path) -> None:
    upstream = _upstream(
        [
            ("v", 1, "en-b", 0.9),
            ("v", 1, "en-c", 0.9),
            ("v", 1, "en-a", 0.1),
            ("v", 9, "en-a", 0.5),
            ("w", 1, "en-a", 0),
        ]
    )
    _, clips, fates = _run(upstream, tmp_path)
    assert clips == {0: ["v_000001000_000003000", "v_000009000_000011000"]}
    assert {key.split("_", 3)[3]: fate for key, fate in fates.items() if key.startswith("v_000001")} == {
        "en-a_000002": "below_threshold",  # and so does not take the interval from the others
        "en-b_000000": "done",
        "en-c_000001": "duplicate_interval",
    }
    assert len(fates) == 5


def test_a_threshold_is_inclusive_whatever_float32_makes_of_it(tmp_path: Path) -> None:
    _, clips, _ = _run(_upstream([("v", 1, "en-a", 0.7)]), tmp_path, min_lexicon_score=0.7)
    assert len(clips[0]) == 1


def test_videos_are_packed_in_the_order_of_their_ids_and_never_split(tmp_path: Path) -> None:
    shard = [
        (video, n, "en-a", 1.0)
        for video, count in (("c", 2), ("a", 2), ("b", 1), ("d", 9))
        for n in range(1, count + 1)
    ]
    layout, clips, _ = _run(_upstream([*shard, ("e", 1, "en-a", 0.0)]), tmp_path, shard_clips=3)
    assert layout.partition == {"a": 0, "b": 0, "c": 1, "d": 2, "e": 3}
    assert [len(clips[index]) for index in range(4)] == [3, 2, 9, 0]


def test_order_is_that_of_utf8_bytes(tmp_path: Path) -> None:
    layout, _, _ = _run(_upstream([(v, 1, "en-a", 1.0) for v in ("b", "B", "_", "-")]), tmp_path, shard_clips=1)
    assert sorted(layout.partition, key=lambda video: layout.partition[video]) == ["-", "B", "_", "b"]


def test_a_video_stays_where_it_was_and_new_ones_fill_new_shards(tmp_path: Path) -> None:
    first = [("m", 1, "en-a", 1.0), ("z", 1, "en-a", 1.0)]
    before, _, _ = _run(_upstream(first), tmp_path)
    upstream = _upstream(first, [("a", 1, "en-b", 1.0), ("m", 5, "en-b", 1.0)])
    after, clips, _ = _run(upstream, tmp_path, dict(before.partition))
    assert after.partition == {"m": 0, "z": 0, "a": 1}
    assert [dict(part.reads) for part in after.parts] == [
        {"extract-sdh": [0, 1], "classify-lexicon": [0, 1]},
        {"extract-sdh": [1], "classify-lexicon": [1]},
    ]
    assert clips[0] == ["m_000001000_000003000", "m_000005000_000007000", "z_000001000_000003000"]


def test_a_shard_whose_videos_are_gone_is_empty(tmp_path: Path) -> None:
    layout, clips, fates = _run(_upstream([("v", 1, "en-a", 1.0)]), tmp_path, {"gone": 0, "v": 1})
    assert clips == {0: [], 1: ["v_000001000_000003000"]}
    assert layout.partition == {"gone": 0, "v": 1}
    assert len(fates) == 1


def test_excluded_videos_have_neither_rows_nor_outcomes(tmp_path: Path) -> None:
    shard = [("v", 1, "en-a", 1.0), ("w", 1, "en-a", 1.0)]
    layout, _, fates = _run(_upstream(shard, excluded=["v"]), tmp_path)
    assert layout.partition == {"w": 0}
    assert [key[0] for key in fates] == ["w"]


@pytest.mark.parametrize("limit", [1, 5, 100])
def test_a_limit_keeps_so_many_of_all_and_moves_no_video(limit: int, tmp_path: Path) -> None:
    shards = [[(f"v{n}", s, track, 1.0) for n in range(4) for s in range(1, 6)] for track in ("en-a", "en-b")]
    whole, every, _ = _run(_upstream(*shards), tmp_path, shard_clips=6)
    layout, clips, fates = _run(_upstream(*shards), tmp_path, shard_clips=6, limit=limit)
    assert layout.partition == whole.partition
    kept = {clip for part in clips.values() for clip in part}
    assert len(kept) == min(limit, 20) == list(fates.values()).count("done")
    assert kept <= {clip for part in every.values() for clip in part}
    _, fewer, _ = _run(_upstream(*shards), tmp_path, shard_clips=6, limit=max(1, limit - 1))
    assert {clip for part in fewer.values() for clip in part} <= kept  # a larger limit only adds
    assert list(fates.values()).count("over_limit") == 20 - len(kept)


def test_plan_reads_keys_and_scores_only() -> None:
    upstream = _upstream([("v", 1, "en-a", 1.0)])
    open_stage(open_select_captions).plan(upstream, {})
    assert {column for _, _, columns in upstream.reads for column in columns or ("all",)} == {
        "cue_id", "video_id", "start_ms", "end_ms", "score",
    }  # fmt: skip


@pytest.mark.parametrize("stage", ["extract-sdh", "classify-lexicon"])
def test_stages_that_differ_in_their_keys_are_refused(stage: str, tmp_path: Path) -> None:
    upstream = _upstream([("v", 1, "en-a", 1.0), ("v", 5, "en-a", 1.0)])
    tables: dict[str, list[pa.Table]] = {
        name: [upstream.table(name, 0)] for name in ("extract-sdh", "classify-lexicon")
    }
    tables[stage] = [tables[stage][0].slice(1)]
    with pytest.raises(StageError, match="v_000001000_000003000_en-a"):
        _run(Tables(tables), tmp_path)


def test_a_plan_survives_json() -> None:
    import json

    layout = open_stage(open_select_captions, limit=1).plan(_upstream([("v", 1, "en-a", 1.0)]), {})
    payloads = [dict(part.payload) for part in layout.parts]
    assert json.loads(json.dumps(payloads)) == payloads == [{"videos": ["v"], "limited": ["v_000001000_000003000"]}]


def _agreeing(scores: Sequence[tuple[float, float]]) -> Tables:
    """Return one caption a pair of scores: of the lexicon and of the encoder."""
    upstream = _upstream([("v", 10 * n, "en-a", lexicon) for n, (lexicon, _) in enumerate(scores)])
    keys = upstream.table("extract-sdh", 0)["cue_id"].to_pylist()
    encoder = to_table(
        open_classify_encoder.columns, [{"cue_id": k, "score": s} for k, (_, s) in zip(keys, scores, strict=True)]
    )
    tables = {name: [upstream.table(name, 0)] for name in ("extract-sdh", "classify-lexicon")}
    return Tables(tables | {"classify-encoder": [encoder]})


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, [0]),
        ({"agreement": "any"}, [0, 1, 2]),
        ({"min_lexicon_score": None}, [0, 2]),
        ({"min_encoder_score": 0.95}, []),
        ({"agreement": "any", "min_encoder_score": 0.05}, [0, 1, 2, 3]),
    ],
)
def test_classifiers_agree(tmp_path: Path, options: dict[str, Any], kept: list[int]) -> None:
    upstream = _agreeing([(0.9, 0.9), (0.9, 0.1), (0.1, 0.9), (0.1, 0.1)])
    _, clips, fates = _run(upstream, tmp_path, **options)
    assert [int(clip.split("_")[1]) // 10_000 for clip in clips[0]] == kept
    assert list(fates.values()).count("below_threshold") == 4 - len(kept)


def test_the_detail_says_which_classifier_said_no(tmp_path: Path) -> None:
    stage, upstream = open_stage(open_select_captions), _agreeing([(0.9, 0.1)])
    [part] = stage.plan(upstream, {}).parts
    [(_, outcome)] = stage.build(part, upstream, tmp_path / "out.parquet")
    assert outcome.detail == "encoder 0.1 < 0.5"


def test_without_any_classifier_it_says_what_to_run(tmp_path: Path) -> None:
    upstream = _upstream([("v", 1, "en-a", 1.0)])
    with pytest.raises(StageError, match="run one of classify-lexicon, classify-encoder, classify-llm"):
        _run(Tables({"extract-sdh": [upstream.table("extract-sdh", 0)]}), tmp_path)


@pytest.mark.parametrize("most", [1, 3, 100])
def test_a_frequent_caption_is_capped_and_moves_no_video(most: int, tmp_path: Path) -> None:
    shards = [[(f"v{n}", s, track, 1.0) for n in range(3) for s in range(1, 5)] for track in ("en-a", "en-b")]
    whole, every, _ = _run(_upstream(*shards), tmp_path, shard_clips=6)
    layout, clips, fates = _run(_upstream(*shards), tmp_path, shard_clips=6, max_same_caption=most)
    assert layout.partition == whole.partition
    kept = {clip for part in clips.values() for clip in part}
    assert len(kept) == min(most, 12) == list(fates.values()).count("done")
    assert kept <= {clip for part in every.values() for clip in part}
    assert list(fates.values()).count("too_frequent") == 12 - len(kept)
