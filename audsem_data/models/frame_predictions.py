"""What is seen in the frames of a clip, as predictions of the clip.

Source: AudSemThinker, appendix C.2: scores of equal predictions are averaged over the frames where they occur.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

SEEN = pa.list_(pa.struct([("label", pa.string()), ("score", pa.float32()), ("frames", pa.int16())]))


def seen_in(frames: Iterable[Mapping[str, float]]) -> list[dict[str, Any]]:
    """Return {label, score, frames} for every label: the likeliest first, then that in more frames, then by name.

    Args:
        frames: of each frame, the score of each label that was found there.
    """
    scores: dict[str, list[float]] = {}
    for found in frames:
        for label, score in found.items():
            scores.setdefault(label, []).append(score)
    merged = [
        {"label": label, "score": float(np.mean(of_label)), "frames": len(of_label)}
        for label, of_label in scores.items()
    ]
    return sorted(merged, key=lambda one: (-one["score"], -one["frames"], one["label"]))


def likeliest(scores: np.ndarray[Any, Any], names: Sequence[str], count: int) -> dict[str, float]:
    """Return the `count` highest-scoring names of one frame; of equal scores, the lower index first."""
    best = np.argsort(-scores, kind="stable")[:count]
    return {names[index]: float(scores[index]) for index in best}
