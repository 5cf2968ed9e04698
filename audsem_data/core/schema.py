"""Columns, declared once: Arrow schema, Parquet metadata, checks and the card's field table follow."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """A field of a stage's output: its name, Arrow type, meaning and, where it has one, its unit."""

    name: str
    type: pa.DataType
    doc: str
    unit: str | None = None
    nullable: bool = False

    def field(self) -> pa.Field:
        """Return the Arrow field, with meaning and unit in its metadata."""
        metadata = {"doc": self.doc} | ({"unit": self.unit} if self.unit else {})
        return pa.field(self.name, self.type, self.nullable, metadata)


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the schema of a stage's Parquet files; raises ValueError for a name declared twice."""
    names = [column.name for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"columns declared twice: {', '.join(twice)}")
    return pa.schema([column.field() for column in columns])


CLIP_ID = Column("clip_id", pa.string(), "video, start and end of the clip: VIDEO_STARTMS_ENDMS")
CUE_ID = Column("cue_id", pa.string(), "clip id, track and ordinal of a subtitle cue")
INTERVAL = (
    Column("video_id", pa.string(), "id of the video, escaped so that it holds only [A-Za-z0-9_%-]"),
    Column("start_ms", pa.int64(), "start of the caption in the video", "ms"),
    Column("end_ms", pa.int64(), "end of the caption in the video", "ms"),
)
CAPTION = (
    Column("text", pa.string(), "the caption, cleaned to ASCII, in its brackets"),
    Column("caption", pa.string(), "the caption, cleaned to ASCII, without its brackets"),
)
ORIGIN = (
    Column("language", pa.string(), "language tag of the track: en, en-US ..."),
    Column(
        "media",
        pa.string(),
        "path of the video's media file, or its address; null: not known",
        nullable=True,
    ),
    Column("media_signature", pa.string(), "its size and a hash of its first and last 64 KiB", nullable=True),
)
