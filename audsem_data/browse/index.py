"""The index: a row a clip in a temporary DuckDB file, made of the committed shards by SQL, not held in memory.

Choice: DuckDB reads the Parquet shards in parallel, joins them by clip, spills to disk, and answers a filter over
100,000 clips in milliseconds; everything a person types is a parameter, never part of a statement.
"""

import threading
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from audsem_data.browse.tables import Files, Tables
from audsem_data.storage.reviews import Review

MEMORY = "1GB"  # beyond it, DuckDB works on the disk
_CUES = """
INSERT INTO clips
BY NAME SELECT c.cue_id AS clip_id, c.video_id, c.caption, (c.end_ms - c.start_ms) / 1000.0 AS seconds,
false AS is_clip
FROM read_parquet($files) c JOIN fates f ON f.clip_id = c.cue_id AND f.stage = 'select-captions'
"""
_FATES = """
INSERT INTO fates
SELECT key, $stage, $place, outcome, coalesce(reason, ''), coalesce(detail, '')
FROM read_parquet($files) WHERE outcome <> 'done'
"""
_DECISIONS = """
INSERT INTO fates
SELECT clip_id, 'select-clips', $place, 'not_kept', coalesce(reason, ''), ''
FROM read_parquet($files) WHERE NOT keep
"""
_NO_CLIPS = """
CREATE TABLE clips (clip_id VARCHAR, video_id VARCHAR, caption VARCHAR, seconds DOUBLE, is_clip BOOLEAN)
"""
_TABLES = """
CREATE TABLE fates (clip_id VARCHAR, stage VARCHAR, place INTEGER, outcome VARCHAR, reason VARCHAR, detail VARCHAR);
CREATE TABLE tags (clip_id VARCHAR, tag VARCHAR, likely FLOAT);
CREATE TABLE tasks (clip_id VARCHAR, task VARCHAR);
CREATE TABLE kept (clip_id VARCHAR);
CREATE TABLE reviews (clip_id VARCHAR, verdict VARCHAR, comment VARCHAR);
"""


class Index:
    """Answers questions about clips; any thread may ask."""

    def __init__(self, tables: Tables, reviews: Iterable[Review]) -> None:
        self._folder = TemporaryDirectory(prefix="audsem-browse-")
        self._base = duckdb.connect(str(Path(self._folder.name) / "index.duckdb"), config={"memory_limit": MEMORY})
        self._lock = threading.Lock()
        self.scores = sorted(tables.scores)
        self._fill(tables)
        for review in reviews:
            self.note(review)

    def ask(self, statement: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the rows that a statement selects, as dicts."""
        with self._lock:
            found = self._base.execute(statement, values or {})
            names = [one[0] for one in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def note(self, review: Review) -> None:
        """Take in a decision."""
        with self._lock:
            self._base.execute("DELETE FROM reviews WHERE clip_id = $1", [review.clip_id])
            if review.verdict or review.comment:
                values = [review.clip_id, review.verdict, review.comment]
                self._base.execute("INSERT INTO reviews VALUES ($1, $2, $3)", values)

    def close(self) -> None:
        """Delete the index."""
        self._base.close()
        self._folder.cleanup()

    def _fill(self, tables: Tables) -> None:
        self._base.execute(_TABLES)
        self._make_clips(tables)
        for place, (stage, files) in enumerate(tables.fates.items()):
            self._base.execute(_FATES, {"stage": stage, "place": place, "files": list(files)})
        if tables.decisions:
            files = list(tables.decisions)
            self._base.execute(_DECISIONS, {"place": len(tables.fates), "files": files})
            self._base.execute("INSERT INTO kept SELECT clip_id FROM read_parquet($1) WHERE keep", [files])
        if tables.cues:
            self._base.execute(_CUES, {"files": list(tables.cues)})
        for files, tags in tables.tags:
            self._fill_tags(files, tags)
        if tables.examples:
            tasks = "INSERT INTO tasks SELECT DISTINCT clip_id, task FROM read_parquet($1)"
            self._base.execute(tasks, [list(tables.examples)])

    def _make_clips(self, tables: Tables) -> None:
        """Make the table of clips, with a column for each score: one join; to add them later costs more."""
        if not tables.clips:
            self._base.execute(_NO_CLIPS)
            return
        scores = list(tables.scores.items())
        columns = "".join(
            f', s{n}."{column}"::DOUBLE AS "score_{name}"' for n, (name, (_, column)) in enumerate(scores)
        )
        joins = "".join(f" LEFT JOIN read_parquet($s{n}) s{n} USING (clip_id)" for n in range(len(scores)))
        caption = "c.caption" if "caption" in self._columns(tables.clips) else "''"
        once = "" if tables.examples is not tables.clips else "DISTINCT ON (clip_id)"
        self._base.execute(
            f"CREATE TABLE clips AS SELECT {once} clip_id, c.video_id, {caption} AS caption, "
            f"(c.end_ms - c.start_ms) / 1000.0 AS seconds, true AS is_clip{columns} "
            f"FROM read_parquet($files) c{joins}",
            {"files": list(tables.clips), **{f"s{n}": list(files) for n, (_, (files, _)) in enumerate(scores)}},
        )

    def _fill_tags(self, files: Files, tags: str) -> None:
        self._base.execute(
            f"INSERT INTO tags SELECT clip_id, t.label, t.score FROM (SELECT clip_id, unnest({tags}) AS t "
            "FROM read_parquet($1))",
            [list(files)],
        )

    def _columns(self, files: Files) -> list[str]:
        found = self._base.execute("DESCRIBE SELECT * FROM read_parquet($1)", [[files[0]]]).fetchall()
        return [row[0] for row in found]
