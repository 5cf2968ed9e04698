"""What standardizing costs: ours, a bare PyAV loop, and a process of ffmpeg for each step, on the same clips.

    python benchmarks/bench_standardize.py [--clips 24]

All on one core, over one segment a clip (480p at 25 pictures a second, AAC), as `download` leaves them. The bare
loop decodes the segment, resamples, scales and encodes: no checks, no exact timeline, no process of its own.
The third way looks at each clip by ffmpeg, encodes it to 720p at 25 and that to 360p at 2, each in a process.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import soundfile
from av.video.frame import PictureType

from audsem_data.acquisition.tools import find_ffmpeg
from audsem_data.core.keys import clip_id
from audsem_data.core.outcome import Done
from audsem_data.core.stage import Item
from audsem_data.stages.acquire.standardize import StandardizeConfig, open_standardize
from audsem_data.storage.digests import file_sha256

SECONDS = 8
MARGIN = 1
REPEATS = 3
X264 = {"preset": "veryfast", "crf": "23", "bf": "0", "x264-params": "threads=1:no-mbtree=1"}


def ffmpeg(*arguments: str) -> None:
    program = find_ffmpeg()
    assert program, "ffmpeg is needed: pip install 'audsem-data[download]'"
    subprocess.run([program, "-v", "error", "-y", *arguments], check=True)


def segments(folder: Path, clips: int) -> list[Path]:
    """Make segments whose pictures move and whose sound is noise."""
    paths = []
    for number in range(clips):
        path = folder / f"v{number}.mkv"
        length = str(SECONDS + 2 * MARGIN)
        picture = ["-f", "lavfi", "-t", length, "-i", "testsrc2=size=854x480:rate=25"]
        sound = ["-f", "lavfi", "-t", length, "-i", f"anoisesrc=seed={number}:sample_rate=44100:amplitude=0.3"]
        codecs = ["-ac", "2", "-c:a", "aac", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"]
        ffmpeg(*picture, *sound, *codecs, str(path))
        paths.append(path)
    return paths


def ours(paths: Sequence[Path]) -> None:
    process = open_standardize.open(StandardizeConfig())
    for path in paths:
        start, end = MARGIN * 1000, (MARGIN + SECONDS) * 1000
        values = {
            "video_id": path.stem,
            "start_ms": start,
            "end_ms": end,
            "text": "[a]",
            "caption": "a",
            "media": None,
            "segment": str(path),
            "segment_sha256": file_sha256(path),
        }
        (outcome,) = process([Item(clip_id(path.stem, start, end), values, {}, {})])
        assert isinstance(outcome, Done), outcome


def bare(paths: Sequence[Path]) -> None:
    for path in paths:
        with av.open(path) as container:
            audio, video = container.streams.audio[0], container.streams.video[0]
            video.codec_context.thread_count = 1
            resampler = av.AudioResampler(format="s16", layout="mono", rate=32_000)
            sound: list[np.ndarray] = []
            pictures = []
            for packet in container.demux(audio, video):
                for frame in packet.decode():
                    if isinstance(frame, av.AudioFrame):
                        sound += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
                    elif frame.time is not None and len(pictures) <= frame.time * 2:
                        pictures.append(frame.reformat(640, 360, format="yuv420p"))
        soundfile.write(BytesIO(), np.concatenate(sound), 32_000, format="FLAC", subtype="PCM_16")
        with av.open(BytesIO(), "w", format="mp4") as made:
            stream = made.add_stream("libx264", rate=2, options=X264)
            stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
            stream.codec_context.thread_count = 1
            for number, picture in enumerate(pictures):
                picture.pts, picture.time_base = number, Fraction(1, 2)
                picture.pict_type = PictureType.NONE
                made.mux(stream.encode(picture))
            made.mux(stream.encode(None))


def processes(paths: Sequence[Path]) -> None:
    for path in paths:
        program = find_ffmpeg() or ""
        subprocess.run([program, "-hide_banner", "-i", str(path)], capture_output=True, check=False)
        first, second, sound = path.with_suffix(".1.mp4"), path.with_suffix(".2.mp4"), path.with_suffix(".flac")
        cut = ["-ss", str(MARGIN), "-t", str(SECONDS)]
        ffmpeg(*cut, "-i", str(path), "-vf", "scale=-2:720", "-r", "25", "-threads", "1", str(first))
        ffmpeg("-i", str(first), "-an", "-vf", "scale=-2:360", "-r", "2", "-threads", "1", str(second))
        ffmpeg("-i", str(first), "-vn", "-ac", "1", "-ar", "32000", str(sound))


def measure(ways: Sequence[Callable[[Sequence[Path]], None]], paths: Sequence[Path]) -> dict[str, float]:
    """Return the clips a second of each way: the best of several rounds, in turn."""
    best = {way.__name__: 0.0 for way in ways}
    for _ in range(REPEATS):
        for way in ways:
            begun = time.perf_counter()
            way(paths)
            best[way.__name__] = max(best[way.__name__], len(paths) / (time.perf_counter() - begun))
    return best


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=24)
    clips = parser.parse_args().clips
    with tempfile.TemporaryDirectory() as folder:
        paths = segments(Path(folder), clips)
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        speed = measure([ours, bare, processes], paths)
    print(f"{clips} clips of {SECONDS} s, one core, best of {REPEATS} rounds")
    for name, clips_per_s in speed.items():
        print(f"{name:<10} {clips_per_s:7.2f} clips/s   ours / {name}: {speed['ours'] / clips_per_s:.2f}")


if __name__ == "__main__":
    main()
