"""What people who listened decided, clip by clip: one SQLite file, safe against crashes, read while written."""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from audsem_data.core.errors import CorruptionError, InputError
from audsem_data.core.fingerprint import digest

REVIEWS = "reviews.sqlite"  # in its workspace
_SCHEMA = """
CREATE TABLE IF NOT EXISTS reviews (
    clip_id TEXT PRIMARY KEY,
    verdict TEXT CHECK (verdict IN ('accept', 'reject', 'no_sound')),
    comment TEXT NOT NULL DEFAULT '',
    reviewed_at TEXT NOT NULL
) STRICT
"""
_MOST_COMMENT = 10_000  # characters


class Verdict(StrEnum):
    """What a person says of a clip."""

    ACCEPT = "accept"  # the sound is what the caption says
    REJECT = "reject"  # the clip should not be used
    NO_SOUND = "no_sound"  # the caption names no sound at all: no clip, and a label for the classifier


@dataclass(frozen=True)
class Review:
    """A decision: the verdict, None where there is only a comment; `reviewed_at` in UTC."""

    clip_id: str
    verdict: Verdict | None
    comment: str
    reviewed_at: str


class Reviews:
    """Reads and writes the decisions of a file, which is made by the first write."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> list[Review]:
        """Return every decision, by clip."""
        if not self.path.is_file():
            return []
        with self._opened() as base:
            rows = base.execute("SELECT clip_id, verdict, comment, reviewed_at FROM reviews ORDER BY clip_id")
            return [
                Review(clip, Verdict(verdict) if verdict else None, said, at) for clip, verdict, said, at in rows
            ]

    def decide(self, clip_id: str, verdict: Verdict | None, comment: str) -> Review:
        """Keep a decision in place of an earlier one; without verdict and comment there is none any more.

        It is on the disk once this returns. Raises InputError for a comment of more than 10,000 characters.
        """
        if len(comment) > _MOST_COMMENT:
            raise InputError(f"a comment has at most {_MOST_COMMENT} characters, not {len(comment)}")
        made = Review(clip_id, verdict, comment, datetime.now(UTC).isoformat(timespec="seconds"))
        with self._opened() as base, base:
            base.execute("DELETE FROM reviews WHERE clip_id = ?", (clip_id,))
            if verdict or comment:
                values = (clip_id, verdict, comment, made.reviewed_at)
                base.execute("INSERT INTO reviews VALUES (?, ?, ?, ?)", values)
        return made

    def forget(self, videos: Collection[str]) -> None:
        """Remove the decisions on clips of these videos (escaped ids), and their bytes."""
        held = [review.clip_id for review in self.all() if review.clip_id.rsplit("_", 2)[0] in videos]
        if held:
            with self._opened() as base:
                with base:
                    base.executemany("DELETE FROM reviews WHERE clip_id = ?", [(clip,) for clip in held])
                base.execute("VACUUM")
                base.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=30)) as base:
                base.execute("PRAGMA journal_mode=WAL")
                base.execute("PRAGMA synchronous=FULL")
                base.execute("PRAGMA secure_delete=ON")
                base.execute(_SCHEMA)
                yield base
        except sqlite3.DatabaseError as error:
            raise CorruptionError(f"{self.path} cannot be used as a file of reviews: {error}") from error


def reviews_digest(reviews: Collection[Review]) -> str:
    """Return the digest of the verdicts: comments and times change nothing that is made of them."""
    return digest(sorted([review.clip_id, str(review.verdict)] for review in reviews if review.verdict))
