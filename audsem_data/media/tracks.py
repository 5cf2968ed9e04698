"""Choose the sound that is cut, of a file that has several: as players do, or as asked for."""

from typing import NamedTuple

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from audsem_data.media.reasons import MediaError, MediaReason

_IMPAIRED = Disposition.visual_impaired | Disposition.hearing_impaired
_UNKNOWN = "und"


class Choice(NamedTuple):
    """Which sound is wanted: its place among the file's, from 1 on (0: any), and its language (empty: any)."""

    track: int = 0
    language: str = ""


ANY = Choice()


def choose_sound(container: InputContainer, choice: Choice) -> AudioStream:
    """Return the first sound that fits; defaults before others, and those for the impaired after them.

    What has no decoder comes last, whatever its marks. Raises MediaError (no_audio) where none fits.
    """
    sounds = container.streams.audio
    if not sounds:
        raise MediaError(MediaReason.NO_AUDIO, "the file has no audio stream")
    fit = [
        sound
        for number, sound in enumerate(sounds, 1)
        if choice.track in (0, number) and choice.language.lower() in ("", language_of(sound))
    ]
    if not fit:
        there = ", ".join(f"{number} ({language_of(sound) or _UNKNOWN})" for number, sound in enumerate(sounds, 1))
        raise MediaError(MediaReason.NO_AUDIO, f"no sound fits audio_track and audio_language; there are {there}")
    return min(fit, key=_order)  # the first of equals


def language_of(sound: AudioStream) -> str | None:
    """Return the language that the file states, as it writes it, in lower case; None where it states none."""
    language = (sound.language or "").lower()
    return None if language in ("", _UNKNOWN) else language


def _order(sound: AudioStream) -> tuple[bool, bool, bool]:
    unreadable = sound.codec_context is None or not sound.codec_context.sample_rate
    return unreadable, bool(sound.disposition & _IMPAIRED), not sound.disposition & Disposition.default
