"""Cues on their way to a table, column by column: a dump has too many for an object each."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audsem_data.subtitles.cue import Cue

Numbers = np.ndarray[Any, np.dtype[np.int64]]


class CueColumns(NamedTuple):
    """Kept cues: each with the number of its track."""

    track: Numbers
    start_ms: Numbers
    end_ms: Numbers
    ordinal: Numbers
    text: pa.Array


class RowTrack(NamedTuple):
    """What all cues of a track have in common."""

    video_id: str
    track: str
    language: str
    media: str | None
    media_signature: str | None


class CueRows:
    """Gathers the kept cues of tracks."""

    def __init__(self) -> None:
        self._tracks: list[RowTrack] = []
        self._columns: list[CueColumns] = []
        self._cues: list[tuple[int, Cue]] = []

    def add_track(self, track: RowTrack) -> int:
        """Take a track and return its number."""
        self._tracks.append(track)
        return len(self._tracks) - 1

    def add(self, number: int, cues: Sequence[Cue]) -> None:
        """Take cues of a track; their times are those of a clip."""
        self._cues += [(number, cue) for cue in cues]

    def add_columns(self, columns: CueColumns) -> None:
        """Take cues of tracks that were added."""
        self._columns.append(columns)

    def table(self, schema: pa.Schema) -> pa.Table:
        """Return the gathered rows."""
        chunks = [*self._columns, _columns(self._cues)]
        number, start, end, ordinal = (
            pa.array(np.concatenate([chunk[place] for chunk in chunks]), pa.int64()) for place in range(4)
        )
        common = {
            name: pa.array([track[place] for track in self._tracks], pa.string()).take(number)
            for place, name in enumerate(RowTrack._fields)
        }
        values = common | {
            "start_ms": start,
            "end_ms": end,
            "ordinal": ordinal,
            "text": pa.concat_arrays([chunk.text for chunk in chunks]),
            # As `cue_id` of core.keys makes it of one cue.
            "cue_id": pc.binary_join_element_wise(
                common["video_id"], _padded(start, 9), _padded(end, 9), common["track"], _padded(ordinal, 6), "_"
            ),
        }
        return pa.Table.from_arrays([values[field.name] for field in schema], schema=schema)


def _columns(cues: Sequence[tuple[int, Cue]]) -> CueColumns:
    numbers = np.array([(number, cue.start_ms, cue.end_ms, cue.ordinal) for number, cue in cues], np.int64)
    track, start, end, ordinal = numbers.reshape(-1, 4).T
    text = pa.array([cue.text for _, cue in cues], pa.string())
    return CueColumns(track, start, end, ordinal, text)


def _padded(numbers: pa.Array, width: int) -> pa.Array:
    return pc.utf8_lpad(numbers.cast(pa.string()), width, "0")
