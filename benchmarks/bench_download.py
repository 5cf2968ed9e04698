"""What fetching costs a host: seconds of sound and pictures that are kept for each byte sent, sections or whole.

    python benchmarks/bench_download.py [--minutes 10]

A server on loopback counts what it sends, at 4 MB/s and with small buffers, so that bytes which a client does not
want any more are not counted as taken. Clips as captions have them: 2 to 10 s, some near each other, most apart.
"""

import argparse
import random
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from acquire.media_server import MediaServer, serving

from audsem_data.acquisition.fetching import fetch_clips
from audsem_data.acquisition.governor import Policy
from audsem_data.acquisition.options import FetchOptions
from audsem_data.acquisition.sections import plan_sections
from audsem_data.acquisition.tools import find_ffmpeg
from audsem_data.acquisition.ytdlp import Request
from audsem_data.media.cut import Want

OPTIONS = FetchOptions(policy=Policy(per_minute=60_000), max_bytes=4 << 30)
RATE = 4 << 20
BUFFER = 64 << 10


def video(folder: Path, minutes: int) -> Path:
    """Make a video as sites serve them: 480p, a keyframe every 5 s, the index first."""
    path = folder / "long.mp4"
    program = find_ffmpeg()
    assert program, "ffmpeg is needed: pip install 'audsem-data[download]'"
    length = str(minutes * 60)
    picture = ["-f", "lavfi", "-t", length, "-i", "testsrc2=size=854x480:rate=25"]
    sound = ["-f", "lavfi", "-t", length, "-i", "anoisesrc=seed=1:amplitude=0.3"]
    encoding = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "125", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run(
        [program, "-v", "error", *picture, *sound, *encoding, "-movflags", "+faststart", path], check=True
    )
    return path


def clips_of(minutes: int) -> list[Want]:
    """Return a clip a minute, and another soon after every third."""
    chance = random.Random(1)
    wants = []
    for minute in range(minutes):
        start = minute * 60_000 + chance.randrange(5_000, 40_000)
        wants.append(Want(str(len(wants)), start, start + chance.randrange(2_000, 10_000)))
        if minute % 3 == 0:
            start = wants[-1].end_ms + chance.randrange(500, 8_000)
            wants.append(Want(str(len(wants)), start, start + chance.randrange(2_000, 6_000)))
    return wants


def sent(server: MediaServer, name: str, wants: list[Want], folder: Path, whole: bool) -> int:
    """Return the bytes that a server sends until all clips are there."""
    server.seen.clear()
    folder.mkdir()
    sections = plan_sections(wants, 1000, 4000)
    clips = fetch_clips(Request(f"{server.address}/slow/{name}", sections, folder, OPTIONS, whole))
    assert not clips.failed, clips.failed
    return server.bytes_sent()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=int, default=10)
    minutes = parser.parse_args().minutes
    wants = clips_of(minutes)
    kept = sum(want.end_ms - want.start_ms for want in wants) / 1000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        library = folder / "library"
        library.mkdir()
        path = video(library, minutes)
        with serving(library) as server:
            server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
            server.rate = RATE
            sections = sent(server, path.name, wants, folder / "sections", whole=False)
            whole = sent(server, path.name, wants, folder / "whole", whole=True)
        size = path.stat().st_size
    print(f"{len(wants)} clips, {kept:.0f} s, of a video of {minutes} minutes and {size / 1e6:.1f} MB")
    for name, count in (("sections", sections), ("whole", whole)):
        print(f"{name:<9} {count / 1e6:7.1f} MB sent   {kept / (count / 1e6):6.2f} s kept for each MB")
    print(f"sections keep {whole / sections:.2f} x as much for each byte")


if __name__ == "__main__":
    main()
