"""Make the demo's source material: small videos with synthesised sounds, and subtitles that say what is heard.

    python docs/demo/make_videos.py FOLDER

writes FOLDER/videos and FOLDER/subtitles: nothing is downloaded and nothing is anybody else's. The sounds are
made by the rules below, so every caption is true; lines of speech, chapter marks and song lines are strewn
between them, as in real subtitles, for the pipeline to leave out.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

RATE = 48000
FPS = 10
SIZE = (426, 240)
GAP = 0.7  # seconds between two cues

Wave = NDArray[np.float64]


class Cue(NamedTuple):
    """A subtitle line and, for a sound, the seconds for which it is heard."""

    text: str
    seconds: float


def time_of(seconds: float) -> Wave:
    """Return the times of the samples."""
    return np.arange(int(seconds * RATE)) / RATE


def noise(seconds: float, low: float, high: float, seed: int) -> Wave:
    """Return noise between two frequencies."""
    count = int(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(frequency < low) | (frequency > high)] = 0
    wave = np.fft.irfft(spectrum, count)
    return wave / np.max(np.abs(wave))


def pulses(seconds: float, every: float, decay: float, sound: Wave) -> Wave:
    """Return a sound struck again and again, each time fading."""
    out = np.zeros(int(seconds * RATE))
    for start in np.arange(0.1, seconds, every):
        begin = int(start * RATE)
        piece = sound[: len(out) - begin]
        out[begin : begin + len(piece)] += piece * np.exp(-np.arange(len(piece)) / RATE / decay)
    return out / max(np.max(np.abs(out)), 1e-9)


def tone(seconds: float, *frequencies: float) -> Wave:
    """Return a sum of sines."""
    waves = [np.sin(2 * np.pi * f * time_of(seconds)) for f in frequencies]
    return np.sum(waves, axis=0) / len(waves)


def siren(seconds: float) -> Wave:
    """Return a tone that rises and falls every two seconds."""
    frequency = 750 + 350 * np.sin(2 * np.pi * 0.5 * time_of(seconds))
    return np.sin(2 * np.pi * np.cumsum(frequency) / RATE)


def swell(seconds: float, period: float, wave: Wave) -> Wave:
    """Return a sound that swells and ebbs."""
    return wave * (0.15 + 0.85 * np.sin(np.pi * time_of(seconds) / period) ** 2)


SOUNDS: dict[str, Callable[[float], Wave]] = {
    "[clock ticking]": lambda s: pulses(s, 0.5, 0.01, noise(s, 2000, 9000, 1)),
    "[siren wailing]": siren,
    "(wind howling)": lambda s: swell(s, 2.3, noise(s, 150, 900, 2)),
    "[alarm beeping]": lambda s: tone(s, 1000) * (time_of(s) % 0.6 < 0.3),
    "[bell ringing]": lambda s: pulses(s, 1.6, 0.5, tone(s, 523, 1318, 2093, 3136)),
    "[rain pattering]": lambda s: noise(s, 800, 12000, 3) * 0.5 + pulses(s, 0.07, 0.004, noise(s, 1500, 9000, 4)),
    "(engine humming)": lambda s: tone(s, 55, 110, 165, 220),
    "[drum beating]": lambda s: pulses(s, 0.45, 0.09, tone(s, 70, 95)),
    "{thunder rumbling}": lambda s: noise(s, 25, 160, 5) * np.exp(-time_of(s) / 2.5),
    "[static hissing]": lambda s: noise(s, 50, 16000, 6),
    "(waves crashing)": lambda s: swell(s, 3.1, noise(s, 200, 6000, 7)),
    "[phone ringing]": lambda s: tone(s, 440, 480) * (time_of(s) % 2.0 < 1.2),
    "[heartbeat thumping]": lambda s: pulses(s, 0.9, 0.06, tone(s, 45, 60)),
    "[whistle blowing]": lambda s: tone(s, 2800, 2950) * (time_of(s) % 1.5 < 1.0),
    "[geiger counter clicking]": lambda s: pulses(s, 0.19, 0.003, noise(s, 3000, 12000, 8)),
}
SPEECH = ["Where did you put it?", "[Chapter 2]", "♪ Walking home again ♪", "(I told you already.)", "Come in."]
SUFFIXES = ["mp4", "webm", "mkv"]


def script(number: int) -> list[Cue]:
    """Return the cues of a video: five sounds, with lines that are not sounds between them."""
    names = list(SOUNDS)
    cues = []
    for place in range(5):
        cues.append(Cue(names[(number * 4 + place * 3) % len(names)], 3.1 + (number * 5 + place * 7) % 9 * 0.3))
        cues.append(Cue(SPEECH[(number + place) % len(SPEECH)], 1.2))
    return cues


def write_video(path: Path, audio: Wave) -> None:
    """Write a video that shows how loud it is, as a bar."""
    webm = path.suffix == ".webm"
    with av.open(path, "w") as container:
        video = container.add_stream("libvpx" if webm else "libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        sound = container.add_stream("libopus" if webm else "aac", rate=RATE)
        sound.layout = "mono"
        for index in range(int(len(audio) / RATE * FPS)):
            step = RATE // FPS
            loud = float(np.sqrt(np.mean(audio[index * step : (index + 1) * step] ** 2)))
            picture = np.full((SIZE[1], SIZE[0], 3), 30, np.uint8)
            picture[-1 - int(loud * SIZE[1] * 0.9) :, 100:326] = (90, 160, 220)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(audio.astype(np.float32)[None], "fltp", "mono")
        frame.sample_rate = RATE
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))


def stamp(seconds: float, comma: str = ".") -> str:
    """Return a subtitle's way of writing a time."""
    ms = round(seconds * 1000)
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02}{comma}{ms % 1000:03}"


def subtitles(kind: str, cues: list[tuple[float, float, str]]) -> str:
    """Return a subtitle file of one of three kinds."""
    if kind == "json3":
        events = [
            {"tStartMs": round(start * 1000), "dDurationMs": round((end - start) * 1000), "segs": [{"utf8": text}]}
            for start, end, text in cues
        ]
        return json.dumps({"events": events})
    comma = "," if kind == "srt" else "."
    blocks = [
        (f"{number}\n" if kind == "srt" else "") + f"{stamp(start, comma)} --> {stamp(end, comma)}\n{text}\n"
        for number, (start, end, text) in enumerate(cues, 1)
    ]
    return ("" if kind == "srt" else "WEBVTT\n\n") + "\n".join(blocks)


def make(folder: Path, number: int) -> None:
    """Write one video and its subtitles."""
    at, pieces, cues = 0.5, [np.zeros(int(0.5 * RATE))], []
    for cue in script(number):
        wave = SOUNDS[cue.text](cue.seconds) * 0.6 if cue.text in SOUNDS else np.zeros(int(cue.seconds * RATE))
        pieces += [wave, np.zeros(int(GAP * RATE))]
        cues.append((at, at + cue.seconds, cue.text))
        at = sum(len(piece) for piece in pieces) / RATE
    audio = np.concatenate(pieces)
    audio += 0.001 * np.random.default_rng(number).standard_normal(len(audio))
    name = f"demo-{number:02d}"
    write_video(folder / "videos" / f"{name}.{SUFFIXES[number % 3]}", audio)
    kind = ("vtt", "srt", "json3")[number % 3]
    (folder / "subtitles" / f"{name}.en.{kind}").write_text(subtitles(kind, cues), encoding="utf-8")


def main() -> None:
    """Write six videos."""
    folder = Path(sys.argv[1])
    for part in ("videos", "subtitles"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number in range(int(sys.argv[2]) if len(sys.argv) > 2 else 6):
        make(folder, number)


if __name__ == "__main__":
    main()
