"""The tracks of scanned objects: candidates are read as a full parse would, the other cues are only counted.

A candidate whose bytes are its text, with both brackets and plain times, is sure to be kept: all of those of a
block become columns at once.
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa

from audsem_data.stages.ingest.names import clean_language
from audsem_data.stages.ingest.rows import CueColumns, Numbers
from audsem_data.subtitles.cue import Cue
from audsem_data.subtitles.filmot import Scanned
from audsem_data.subtitles.json_kinds import CLOSE, OPEN, VISIBLE
from audsem_data.subtitles.markup import strip_markup
from audsem_data.subtitles.timing import span_ms

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_BEGIN, _END, _PLACE, _KIND, _START_MS, _END_MS = 0, 1, 6, 7, 8, 9


class ScannedBlock:
    """The videos and tracks of a block; a track is an index into its tables.

    Attributes:
        sure: how many candidates of each track are sure to be kept.
        number: what the caller calls each track; -1 while nothing of it is to be kept.
    """

    def __init__(self, found: Scanned) -> None:
        self._data = found.data
        self._candidates = found.scan.candidates
        self._tracks = found.scan.tracks.tolist()
        self._videos = found.scan.videos.tolist()
        self._counts = found.scan.tracks[:, 4]
        kinds = self._candidates[:, _KIND]
        self._is_sure = (self._candidates[:, _START_MS] >= 0) & (kinds & ~VISIBLE == OPEN | CLOSE)
        before = np.concatenate([[0], np.cumsum(self._is_sure)])
        first = found.scan.tracks[:, 3]
        self.sure: list[int] = (before[first + self._counts] - before[first]).tolist()
        self.number = [-1] * len(self._tracks)

    def videos(self) -> Iterator[tuple[str, range]]:
        """Yield each video's id, not escaped, and its tracks."""
        for begin, end, first, count in self._videos:
            name = _text(self._data, begin, end)
            yield name if _PLAIN.fullmatch(name) else strip_markup(name), range(first, first + count)

    def language(self, track: int) -> str:
        """Return the language of a track, clean."""
        begin, end, *_ = self._tracks[track]
        return _language(bytes(self._data[begin:end]))

    def cues(self, track: int) -> int:
        """Return how many cues a track has."""
        cues: int = self._tracks[track][2]
        return cues

    def read_unsure(self, track: int) -> tuple[list[Cue], int]:
        """Return the other candidates of a track with their ordinals, and how many are damaged.

        Where some are, no candidate is sure any more: the ordinals of those that follow change.
        """
        _, _, _, first, count = self._tracks[track]
        if count == self.sure[track]:
            return [], 0
        chosen = np.flatnonzero(~self._is_sure[first : first + count]) + first
        cues, damaged = self._read(self._candidates[chosen].tolist())
        if damaged:
            self._is_sure[first : first + count] = False
            self.sure[track] = 0
            return self._read(self._candidates[first : first + count].tolist())
        return cues, 0

    def _read(self, candidates: Sequence[Sequence[int]]) -> tuple[list[Cue], int]:
        cues: list[Cue] = []
        damaged = 0
        for begin, end, start, start_end, length, length_end, place, *_ in candidates:
            try:
                times = span_ms(_text(self._data, start, start_end), _text(self._data, length, length_end))
            except ValueError:
                damaged += 1
            else:
                cues.append(Cue(*times, strip_markup(_text(self._data, begin, end)), place - damaged))
        return cues, damaged

    def sure_columns(self) -> CueColumns:
        """Return the candidates that are sure to be kept, of the tracks that have a number."""
        numbers = np.repeat(np.array(self.number, np.int64), self._counts)
        kept = self._is_sure & (numbers >= 0)
        rows = self._candidates[kept]
        text = self._texts(rows[:, _BEGIN], rows[:, _END])
        return CueColumns(numbers[kept], rows[:, _START_MS], rows[:, _END_MS], rows[:, _PLACE], text)

    def _texts(self, begin: Numbers, end: Numbers) -> pa.Array:
        """Return the ASCII texts at these places."""
        lengths = end - begin
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(begin - offsets[:-1], lengths) + np.arange(offsets[-1])
        held = pa.py_buffer(self._bytes[places].tobytes())
        return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets.astype(np.int32).tobytes()), held)

    @cached_property
    def _bytes(self) -> np.ndarray:
        return np.frombuffer(self._data, np.uint8)


@lru_cache(256)
def _language(tag: bytes) -> str:
    return clean_language(str(tag, "utf-8", "replace"))


def _text(data: memoryview, begin: int, end: int) -> str:
    text = str(data[begin:end], "utf-8", "replace")
    return str(json.loads(f'"{text}"')) if "\\" in text else text
