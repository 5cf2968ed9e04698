"""Why a whole track is left out."""

from audsem_data.core.outcome import Reason


class IngestReason(Reason):
    """Why a track is left out."""

    OTHER_LANGUAGE = "other_language", "the track is not English; detail names its language"
    AUTOMATIC = (
        "automatic",
        "speech recognition wrote the track: it or the .info.json beside it says so, or its captions roll",
    )
    NO_SUBTITLES = (
        "no_subtitles",
        "no file captions the media, and no text stream in it does; or the dump has no track",
    )
    AMBIGUOUS_MEDIA = (
        "ambiguous_media",
        "several media files of the name are equally near; detail names them: put the subtitles beside theirs",
    )
    NO_CUES = "no_cues", "the track is sound but holds no cue"
    UNSUPPORTED_FORMAT = "unsupported_format", "a subtitle format that is not read; convert the file to VTT or SRT"
