"""Cut every caption's exact interval out of its video: mono 16-bit audio at 32 kHz, 360p video at 2 fps.

One pass over the file's audio serves all clips of a video, another its pictures. Audio is the mean of all
channels, cut on the source's timeline and resampled by soxr, so a clip has exactly (end_ms - start_ms) * 32
samples and begins where the caption does. Pictures are those on screen at 0, 0.5, 1 ... s of the clip; where the
source's video begins later or ends earlier, they are missing and counted. A source without video is welcome: its
clips have no mp4, nor has a clip whose pictures are damaged. Damaged sound costs the clips that it touches. Media
are the sources' files, or what `download` has fetched; they are opened in a process that a budget can stop.
Source: paper, section on data collection; 32 kHz mono 16-bit, 360p, 2 fps, H.264.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pyarrow as pa
from pydantic import Field

from audsem_data.core.outcome import Done, Failed, Filtered, Outcome
from audsem_data.core.schema import INTERVAL, Column
from audsem_data.core.stage import Config, Item, Needs, Process, run_only, stage
from audsem_data.media.cut import Cut, Target, Want, cut_audio
from audsem_data.media.decode import decode_audio
from audsem_data.media.encode import AudioFormat, encode_audio, to_int16
from audsem_data.media.isolation import DiedError, Isolated, OverrunError
from audsem_data.media.level import dbfs
from audsem_data.media.names import is_address
from audsem_data.media.pictures import Look, Pictures, cut_pictures
from audsem_data.media.probe import Bounds, Media, open_media
from audsem_data.media.reasons import MediaError, MediaReason, NoVideo
from audsem_data.media.tracks import Choice, language_of
from audsem_data.stages.filter.score_duration import LONG_ENOUGH
from audsem_data.storage.digests import file_sha256

SAMPLE_RATE = 32_000
_FETCHED = ("segment_sha256",)


class StandardizeConfig(Config):
    """What the clips are like, and what media are turned away."""

    audio_format: AudioFormat = Field("flac", description="of the audio: flac or wav (paper: WAV); same samples")
    height: int = Field(360, ge=16, le=2160, description="of the pictures, in pixels; never scaled up (paper: 360)")
    fps: int = Field(2, ge=1, le=60, description="pictures a second (paper: 2)")
    audio_track: int = Field(
        0, ge=0, description="which of the file's sounds, from 1 on; 0: its default, or the first"
    )
    audio_language: str = Field("", description="only a sound of this language, as files state it: eng; empty: any")
    end_tolerance_ms: int = Field(50, ge=0, description="how far a caption may run past the audio's end, in ms")
    silent_below_dbfs: float = Field(-80.0, description="clips whose peak is lower are silent, in dBFS; -200: none")
    max_clip_s: float = Field(600.0, gt=0, description="longest clip, in seconds")
    max_bytes: int = Field(64 * 2**30, gt=0, description="largest media file, in bytes")
    max_duration_s: float = Field(43_200.0, gt=0, description="longest media file, in seconds")
    max_streams: int = Field(64, gt=0, description="most streams of a media file")
    max_pixels: int = Field(8192 * 4320, gt=0, description="largest source picture, in pixels")
    budget_s: float = run_only(900.0, "longest time for one file, in s; what takes longer is stopped")
    memory_bytes: int = run_only(4 << 30, "most memory that decoding a file may take (Linux), in bytes")

    def bounds(self) -> Bounds:
        """Return what a media file may be at most."""
        return Bounds(self.max_bytes, self.max_duration_s, self.max_streams, self.max_pixels)

    def choice(self) -> Choice:
        """Return which sound of a file is cut."""
        return Choice(self.audio_track, self.audio_language)


EMITS = (
    *INTERVAL,
    Column("samples", pa.int64(), "length of the audio", "samples"),
    Column("sample_rate", pa.int32(), "of the audio", "Hz"),
    Column("audio_sha256", pa.string(), "of the audio file's bytes"),
    Column("audio_bytes", pa.int64(), "size of the audio file", "bytes"),
    Column("peak_dbfs", pa.float64(), "highest sample", "dBFS"),
    Column("padded_ms", pa.int64(), "zeros where the source holds no audio: its gaps and its end", "ms"),
    Column("has_video", pa.bool_(), "is there an mp4 beside the audio?"),
    Column(
        "no_video",
        pa.string(),
        f"why not: {', '.join(NoVideo)}",
        nullable=True,
    ),
    Column("video_sha256", pa.string(), "of the mp4's bytes", nullable=True),
    Column("width", pa.int32(), "of the pictures", "px", nullable=True),
    Column("height", pa.int32(), "of the pictures", "px", nullable=True),
    Column("frames", pa.int32(), "pictures in the mp4", nullable=True),
    Column("frames_missing", pa.int32(), "pictures before the source's video begins or after it ends", None, True),
    Column("source_rate", pa.int32(), "sample rate of the source where the clip begins", "Hz"),
    Column("source_channels", pa.int32(), "channels of the source, mixed down by their mean"),
    Column("source_audio_codec", pa.string(), "codec of the source's audio"),
    Column("source_audio_track", pa.int32(), "which of the source's sounds was taken, from 1 on"),
    Column("source_audio_tracks", pa.int32(), "how many sounds the source has"),
    Column("source_audio_language", pa.string(), "of the sound, as the source states it", nullable=True),
    Column("source_video_codec", pa.string(), "codec of the source's video", nullable=True),
)


@stage(
    "standardize",
    version=4,
    needs=[
        Needs(
            "select-captions",
            ("video_id", "start_ms", "end_ms", "text", "caption", "language", "media_signature"),
            locators=("media",),
        ),
        Needs("download", _FETCHED, locators=("segment",), optional=True, frees=True),
    ],
    emits=EMITS,
    config=StandardizeConfig,
    reasons=[MediaReason],
    batch=None,
    files=("flac", "wav", "json", "mp4"),
)
def open_standardize(config: StandardizeConfig) -> Process:
    """Return the process that cuts all wanted clips of a video; media are opened in a process of its own."""
    isolated = Isolated(config.memory_bytes)

    def process(items: Sequence[Item]) -> list[Outcome]:
        outcomes: dict[str, Outcome] = {}
        for media in dict.fromkeys(_media(item) for item in items):
            wanted = [item for item in items if _media(item) == media]
            outcomes |= _outcomes(isolated, media, wanted, config)
        return [outcomes[item.key] for item in items]

    return process


def _media(item: Item) -> str | None:
    """Return the file that holds a clip: the sources', or what was fetched."""
    local = item["media"]
    fetched: str | None = item["segment"]
    return local if local is not None and not is_address(local) else fetched


def _outcomes(
    isolated: Isolated, media: str | None, items: Sequence[Item], config: StandardizeConfig
) -> dict[str, Outcome]:
    """Return the outcomes of the clips of one file, by key; of those without one, why."""
    if media is None:
        return {item.key: _no_media(item) for item in items}
    if media == items[0]["segment"] and (wrong := _not_as_fetched(Path(media), items[0]["segment_sha256"])):
        return {item.key: wrong for item in items}
    try:
        cut: dict[str, Outcome] = isolated.call(_cut_file, media, items, config, seconds=config.budget_s)
    except OverrunError as error:
        return {item.key: Failed(MediaReason.TIMED_OUT, str(error)) for item in items}
    except DiedError as error:
        return {item.key: Failed(MediaReason.CRASHED, str(error)) for item in items}
    return cut


def _not_as_fetched(segment: Path, sha256: str) -> Failed | None:
    """Return what became of a fetched file since it was fetched, if anything has."""
    again = "`audsem-data invalidate download` has it fetched anew"
    if not segment.exists():
        return Failed(MediaReason.MEDIA_MISSING, f"what was fetched was given back since; {again}")
    if file_sha256(segment) != sha256:
        return Failed(MediaReason.CORRUPT, f"{segment} is not what was fetched (its SHA-256 differs); {again}")
    return None


def _no_media(item: Item) -> Filtered:
    fetched = {**item.missing, **item.not_applicable}.get("download", "not_run")
    if fetched == f"not chosen by {LONG_ENOUGH.stage}":
        return Filtered(
            MediaReason.TOO_SHORT, "the clip is shorter than select-clips keeps, and was not downloaded"
        )
    detail = "the sources name no media file for the video, and it was not downloaded"
    return Filtered(MediaReason.NO_MEDIA, detail if fetched == "not_run" else f"download: {fetched}")


def _cut_file(name: str, items: Sequence[Item], config: StandardizeConfig) -> dict[str, Outcome]:
    """Return the outcomes of the clips of one file, by key; pictures are cut for those that have sound."""
    wants = sorted((Want(item.key, item["start_ms"], item["end_ms"]) for item in items), key=lambda want: want[1:])
    try:
        with open_media(Path(name), config.bounds(), config.choice()) as media:
            source = _source(media)  # before decoding, which may change what the codec says
            sounds = _sounds(media, wants, config)
        heard = [want for want in wants if not isinstance(sounds[want.key], MediaError)]
        pictures = _pictures(name, heard, config)
    except MediaError as error:
        return {item.key: error.outcome() for item in items}
    except av.error.FFmpegError as error:  # unforeseen: what codecs say where memory runs out, for one
        return {item.key: Failed(MediaReason.CRASHED, str(error)) for item in items}
    outcomes: dict[str, Outcome] = {}
    for item in items:
        sound = sounds[item.key]
        if isinstance(sound, MediaError):
            outcomes[item.key] = sound.outcome()
        else:
            outcomes[item.key] = _done(item, source, sound, pictures[item.key], config)
    return outcomes


def _pictures(name: str, wants: Sequence[Want], config: StandardizeConfig) -> dict[str, Pictures | NoVideo]:
    """Return the pictures of every clip, or why it has none: what is wrong with them costs no sound."""
    if not wants:
        return {}
    with open_media(Path(name), config.bounds(), config.choice()) as media:
        if media.video is None:
            return {want.key: NoVideo.AUDIO_ONLY for want in wants}
        return dict(cut_pictures(media, media.video, wants, Look(config.height, config.fps)))


def _source(media: Media) -> dict[str, Any]:
    """Return what is recorded of the source."""
    sound = media.audio.codec_context
    return {
        "source_channels": sound.channels,
        "source_audio_codec": sound.name,
        "source_audio_track": media.container.streams.audio.index(media.audio) + 1,
        "source_audio_tracks": len(media.container.streams.audio),
        "source_audio_language": language_of(media.audio),
        "source_video_codec": media.video and media.video.codec_context.name,
    }


class _Sound(NamedTuple):
    """A clip's encoded audio and what was measured on the way."""

    data: bytes
    samples: int
    peak_dbfs: float
    padded_ms: int
    source_rate: int


def _sounds(media: Media, wants: Sequence[Want], config: StandardizeConfig) -> dict[str, _Sound | MediaError]:
    """Return the audio of every clip, or why there is none."""
    too_long = MediaError(MediaReason.TOO_LONG, f"the clip lasts more than {config.max_clip_s:g} s")
    sounds: dict[str, _Sound | MediaError] = {want.key: too_long for want in wants}
    fit = [want for want in wants if want.end_ms - want.start_ms <= config.max_clip_s * 1000]
    target = Target(SAMPLE_RATE, config.end_tolerance_ms)
    for key, cut in cut_audio(decode_audio(media), fit, media.audio.codec_context.sample_rate, target):
        sounds[key] = cut if isinstance(cut, MediaError) else _sound(cut, config)
    return sounds


def _sound(cut: Cut, config: StandardizeConfig) -> _Sound | MediaError:
    samples = to_int16(cut.samples)
    peak = round(dbfs(float(np.abs(samples.astype(np.int32)).max(initial=0)) / 32768), 3)
    if peak < config.silent_below_dbfs:
        return MediaError(MediaReason.SILENT, f"its peak is {peak:g} dBFS")
    data = encode_audio(samples, SAMPLE_RATE, config.audio_format)
    return _Sound(data, len(samples), peak, cut.padded_ms, cut.source_rate)


def _done(
    item: Item, source: Mapping[str, Any], sound: _Sound, seen: Pictures | NoVideo, config: StandardizeConfig
) -> Outcome:
    about = {name: item[name] for name in ("video_id", "start_ms", "end_ms", "text", "caption")}
    files = {config.audio_format: sound.data, "json": _json({"clip_id": item.key, **about})}
    picture = None if isinstance(seen, NoVideo) else seen
    if picture:
        files["mp4"] = picture.data
    row = {
        "video_id": item["video_id"],
        "start_ms": item["start_ms"],
        "end_ms": item["end_ms"],
        "samples": sound.samples,
        "sample_rate": SAMPLE_RATE,
        "audio_sha256": hashlib.sha256(sound.data).hexdigest(),
        "audio_bytes": len(sound.data),
        "peak_dbfs": sound.peak_dbfs,
        "padded_ms": sound.padded_ms,
        "has_video": picture is not None,
        "no_video": seen.value if isinstance(seen, NoVideo) else None,
        "video_sha256": picture and hashlib.sha256(picture.data).hexdigest(),
        "width": picture and picture.width,
        "height": picture and picture.height,
        "frames": picture and picture.frames,
        "frames_missing": picture and picture.missing,
        "source_rate": sound.source_rate,
        **source,
    }
    return Done((row,), files=files)


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
