"""Read subtitle files, Filmot dumps, tables of segments and the media beside them into cues.

English tracks that people wrote become cues; other languages and automatic tracks are filtered. Only cues
that hold an opening and a closing bracket become rows, unless `keep` says all. A track's outcome counts its
cues as JSON: `cues` in all, `kept`, and those that are no rows because of `no_bracket`, `empty` text, `bad_time`
(negative, or no positive duration) or because they are `damaged`.

Files are told by suffix: vtt, srt, json3, srv1, srv2, srv3; a txt, json or jsonl that holds video ids is a Filmot
dump; csv and parquet are read where they are named themselves. `NAME.en.vtt` captions `NAME.mp4` of any source;
what yt-dlp wrote into `NAME.info.json` beside it tells the video's id, its page, and which tracks people wrote.
Text streams inside a media file (mkv, webm, mp4, mov) are read where no file captions it.
Source: paper, appendix on data collection (Filmot's manual English subtitles, lines that hold brackets).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field

from audsem_data.core.layout import Source, Unit
from audsem_data.core.outcome import Outcome
from audsem_data.core.schema import CUE_ID, INTERVAL, ORIGIN, Column, arrow_schema
from audsem_data.core.stage import Kind, SourceConfig, stage
from audsem_data.stages.ingest.discover import discover_units
from audsem_data.stages.ingest.leaving_out import leave_out
from audsem_data.stages.ingest.reasons import IngestReason
from audsem_data.stages.ingest.tracks import UnitReader
from audsem_data.subtitles.reasons import SubtitleReason


class IngestConfig(SourceConfig):
    """Which cues become rows."""

    keep: Literal["bracketed", "all"] = Field(
        "bracketed", description="cues that become rows: bracketed (paper: lines that hold brackets) or all"
    )


EMITS = (
    *INTERVAL,
    Column("track", pa.string(), "language, and a hash of the name of the file that holds the track"),
    Column("ordinal", pa.int64(), "place of the cue among the readable cues of its track, from 0"),
    Column("text", pa.string(), "as in the source without its markup, line breaks kept"),
    *ORIGIN,
)


@stage(
    "ingest",
    version=2,
    needs=(),
    emits=EMITS,
    config=IngestConfig,
    kind=Kind.SOURCE,
    key=CUE_ID,
    reasons=[IngestReason, SubtitleReason],
    tolerated=0.5,  # a damaged file says nothing about the others; only when most are is something else wrong
)
def open_ingest(config: IngestConfig) -> Source:
    """Return the source."""
    return _Ingest(config)


class _Ingest:
    def __init__(self, config: IngestConfig) -> None:
        self._config = config

    def discover(self, sources: Sequence[str], known: Mapping[str, Mapping[str, Any]]) -> Iterable[Unit]:
        return discover_units(sources, self._config.shard_bytes, known)

    def read(self, unit: Unit) -> Iterator[tuple[str, Outcome] | pa.Table]:
        reader = UnitReader(unit, keep_all=self._config.keep == "all")
        yield from reader.fates()
        yield reader.rows.table(arrow_schema((CUE_ID, *EMITS)))

    def leave_out(self, file: Path, videos: Set[str], out: Path) -> int:
        return leave_out(file, videos, out)
