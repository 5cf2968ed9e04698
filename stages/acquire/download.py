"""Fetch the stretches of videos that hold the clips, by yt-dlp: more than each clip, with the source's timestamps.

One call for all clips of a video. What came is decoded at once: a row says where on the source's timeline its
segment lies, and a clip that its segment does not hold is no success. Every request goes through a governor that
all processes of the machine share. Clips of local media are left alone. Segments lie on a shelf until `standardize`
has cut them. Titles and names are not kept; licence and channel are, as the source states them.
Source: paper, section on data collection (yt-dlp, sections of the videos).
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from audsem_data.acquisition.calling import call_fetching
from audsem_data.acquisition.pages import page_of
from audsem_data.acquisition.reasons import FetchError, FetchReason
from audsem_data.acquisition.sections import plan_sections
from audsem_data.acquisition.tools import check_tools
from audsem_data.core.outcome import Done, Filtered, Outcome, Reason
from audsem_data.core.schema import INTERVAL, Column
from audsem_data.core.stage import Item, Needs, Shelf, stage
from audsem_data.media.cut import Want
from audsem_data.media.isolation import Isolated
from audsem_data.media.names import is_address
from audsem_data.stages.acquire.download_options import DownloadConfig
from audsem_data.stages.filter.score_duration import LONG_ENOUGH

if TYPE_CHECKING:
    from audsem_data.acquisition.fetching import Clips

_MEMORY = 4 << 30  # bytes that yt-dlp, ffmpeg and a decoder may take for one video
_COOL_DOWN_S = 3600.0


class DownloadReason(Reason):
    """Why a clip is not fetched though nothing failed."""

    LOCAL_MEDIA = "local_media", "the sources hold the video's file: there is nothing to fetch"


EMITS = (
    *INTERVAL,
    Column("segment", pa.string(), "file on the stage's shelf, named by its SHA-256; several clips may share one"),
    Column("segment_sha256", pa.string(), "of the file's bytes"),
    Column("segment_bytes", pa.int64(), "size of the file", "bytes"),
    Column("segment_start_ms", pa.float64(), "where its sound begins on the source's timeline, as decoded", "ms"),
    Column("segment_end_ms", pa.float64(), "how far its sound was decoded, on the source's timeline", "ms"),
    Column("offset_ms", pa.float64(), "from the beginning of the segment to the clip, as measured", "ms"),
    Column("segment_has_video", pa.bool_(), "are there pictures?"),
    Column("segment_pictures_ms", pa.float64(), "where they begin on the source's timeline", "ms", True),
    Column("address", pa.string(), "from where it was fetched"),
    Column("extractor", pa.string(), "which of yt-dlp's extractors read the address"),
    Column("format_id", pa.string(), "which of the site's formats was taken", nullable=True),
    Column("license", pa.string(), "of the video, as the source states it", nullable=True),
    Column("channel_id", pa.string(), "of the channel that published it", nullable=True),
    Column("source_duration_s", pa.float64(), "length of the video, as the source states it", "s", True),
)


@stage(
    "download",
    version=2,
    needs=[Needs("select-captions", ("video_id", "start_ms", "end_ms"), locators=("media",))],
    emits=EMITS,
    config=DownloadConfig,
    reasons=[DownloadReason, FetchReason],
    over=LONG_ENOUGH,
    tolerated=0.5,  # links rot: years after a list of videos was made, every third is gone
    cool_down=_COOL_DOWN_S,
    spooled=True,
    shelves=True,
    batch=None,
)
def open_download(config: DownloadConfig) -> Callable[[Sequence[Item], Shelf], list[Outcome]]:
    """Return the process that fetches the clips of a video; needs yt-dlp."""
    check_tools()
    config.fetching().check_files()
    isolated = Isolated(_MEMORY)

    def process(items: Sequence[Item], shelf: Shelf) -> list[Outcome]:
        outcomes: dict[str, Outcome] = {}
        for address in dict.fromkeys(_address(item, config) for item in items):
            wanted = [item for item in items if _address(item, config) == address]
            if address is None:
                outcomes |= {item.key: Filtered(DownloadReason.LOCAL_MEDIA) for item in wanted}
            else:
                outcomes |= _fetch(isolated, address, wanted, shelf, config)
        return [outcomes[item.key] for item in items]

    return process


def _address(item: Item, config: DownloadConfig) -> str | None:
    """Return where the video of a clip is published; None where the sources hold its file."""
    media = item["media"]
    if media is None:
        return page_of(config.url, item["video_id"])
    return media if is_address(media) else None


def _fetch(
    isolated: Isolated, address: str, items: Sequence[Item], shelf: Shelf, config: DownloadConfig
) -> dict[str, Outcome]:
    """Fetch the clips of one video in a process of its own, and shelve the files that hold them."""
    from audsem_data.acquisition.fetching import TRIES, Clips, fetch_clips
    from audsem_data.acquisition.ytdlp import Request

    wants = [Want(item.key, item["start_ms"], item["end_ms"]) for item in items]
    sections = plan_sections(wants, config.margin_ms, config.gap_ms)
    request = Request(address, sections, shelf.unsorted(), config.fetching())
    seconds = config.budget_s * TRIES * (len(sections) + 1)
    clips: Clips | FetchError = call_fetching(isolated, fetch_clips, request, seconds=seconds)
    if isinstance(clips, FetchError):
        return {item.key: clips.outcome() for item in items}
    names = {path: shelf.put(path) for path in dict.fromkeys(held.path for held in clips.held.values())}
    shutil.rmtree(request.folder, ignore_errors=True)
    return {item.key: _outcome(item, address, clips, names) for item in items}


def _outcome(item: Item, address: str, clips: "Clips", names: Mapping[Path, str]) -> Outcome:
    held = clips.held.get(item.key)
    if held is None:
        return clips.failed[item.key].outcome()
    measured, facts = held.measured, clips.facts
    assert facts, "what was fetched was looked up before"
    name = names[held.path]
    return Done.one(
        video_id=item["video_id"],
        start_ms=item["start_ms"],
        end_ms=item["end_ms"],
        segment=name,
        segment_sha256=name.partition(".")[0],
        segment_bytes=held.size,
        segment_start_ms=measured.first_ms,
        segment_end_ms=measured.last_ms,
        offset_ms=round(item["start_ms"] - measured.first_ms, 3),
        segment_has_video=measured.has_video,
        segment_pictures_ms=measured.pictures_ms,
        address=address,
        extractor=facts.extractor,
        format_id=facts.format_id,
        license=facts.license,
        channel_id=facts.channel_id,
        source_duration_s=facts.duration_s,
    )
