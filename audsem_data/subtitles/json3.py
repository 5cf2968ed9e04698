"""YouTube's json3 as cues: events with integer milliseconds and text in segments."""

import json
from typing import Any

from audsem_data.subtitles.cue import TimedText, Track, numbered
from audsem_data.subtitles.markup import strip_markup
from audsem_data.subtitles.reasons import SubtitleError, SubtitleReason
from audsem_data.subtitles.timing import whole_ms


def read_json3(text: str) -> Track:
    """Read the events that carry text; events that only open a window are no cues.

    Raises SubtitleError for what is no JSON object with events.
    """
    try:
        root = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise SubtitleError(SubtitleReason.DAMAGED, f"no JSON: {error}") from error
    events = root.get("events") if isinstance(root, dict) else None
    if not isinstance(events, list):
        raise SubtitleError(SubtitleReason.DAMAGED, "no JSON object with a list of events")
    cues, damaged = [], 0
    for event in events:
        if isinstance(event, dict) and "segs" not in event:
            continue
        try:
            cues.append(_cue(event))
        except (KeyError, TypeError, ValueError):
            damaged += 1
    return numbered(cues, damaged, root.get("kind") == "asr" or any(map(_is_recognised, events)))


def _cue(event: dict[str, Any]) -> TimedText:
    start = whole_ms(event["tStartMs"])
    text = "".join(segment.get("utf8", "") for segment in event["segs"] if isinstance(segment, dict))
    return TimedText(start, start + whole_ms(event["dDurationMs"]), strip_markup(text))


def _is_recognised(event: Any) -> bool:
    """Say whether a segment carries the confidence of speech recognition."""
    segments = event.get("segs") if isinstance(event, dict) else None
    return isinstance(segments, list) and any(isinstance(s, dict) and "acAsrConf" in s for s in segments)
