"""The same frames are the same bytes, whatever memory held before."""

import os
import subprocess
import sys

ENCODE = """
import hashlib
import numpy as np
from av import VideoFrame
from audsem_data.media.encode import encode_video

rows, columns = np.mgrid[:240, :426]
greys = [(128 + 90 * np.sin(columns / 9 + n) * np.cos(rows / 7 - 2 * n)).astype(np.uint8) for n in range(8)]
frames = [VideoFrame.from_ndarray(np.stack([g] * 3, 2), format="rgb24").reformat(format="yuv420p") for g in greys]
print(hashlib.sha256(encode_video(frames, 2)).hexdigest())
"""


def test_fresh_memory_changes_no_byte_of_a_video() -> None:
    digests = set()
    for fill in ("0", "1", "85", "255"):  # glibc fills what it hands out with a byte made from this
        run = subprocess.run(
            [sys.executable, "-c", ENCODE],
            env={**os.environ, "MALLOC_PERTURB_": fill},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(run.stdout)
    assert len(digests) == 1
