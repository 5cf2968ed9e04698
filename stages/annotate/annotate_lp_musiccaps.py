"""Describe the music of a clip by LP-MusicCaps: a caption of every ten seconds, where music is detected.

Source: Doh et al., LP-MusicCaps: LLM-Based Pseudo Music Captioning, ISMIR 2023; appendix C.2 of the paper.
"""

from typing import Any

import pyarrow as pa
from pydantic import Field

from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Over, Process
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import LP_MUSICCAPS
from audsem_data.models.store import locate
from audsem_data.stages.annotate.audio_annotator import audio_annotator, sounds

WINDOWS = pa.list_(pa.struct([("start_ms", pa.int64()), ("end_ms", pa.int64()), ("caption", pa.string())]))


class LpMusicCapsConfig(ModelConfig):
    """Options of annotate-lp-musiccaps; the paper says nothing of decoding."""

    beams: int = Field(5, ge=1, description="beams of the search; 1: greedy (authors' captioning: 5)")
    max_tokens: int = Field(128, ge=4, le=1024, description="most tokens of a caption")


@audio_annotator(
    "annotate-lp-musiccaps",
    version=1,
    model=LP_MUSICCAPS,
    emits=[
        Column("music_captions", WINDOWS, "a caption of every ten seconds, and where in the clip they lie"),
        Column("caption", pa.string(), "the captions that differ, joined"),
    ],
    config=LpMusicCapsConfig,
    over=Over("detect-music", "music"),
)
def open_annotate_lp_musiccaps(config: LpMusicCapsConfig, device: Device) -> Process:
    """Return the process that captions music."""
    from audsem_data.models.lp_musiccaps import Decoding, LpMusicCaps

    decoding = Decoding(config.beams, config.max_tokens)
    model = LpMusicCaps(locate(LP_MUSICCAPS, config.checkpoint), device, config.dtype, decoding)
    return lambda items: [_outcome(windows) for windows in model(sounds(items, LP_MUSICCAPS.rate))]


def _outcome(windows: list[Any] | None) -> Outcome:
    if windows is None:
        return Failed(ModelReason.NOT_FINITE)
    said = [window._asdict() for window in windows if window.caption]
    distinct = dict.fromkeys(window["caption"] for window in said)
    return Done.one(music_captions=said, caption=" ".join(distinct)) if said else Failed(ModelReason.EMPTY_ANSWER)
