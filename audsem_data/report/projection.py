"""Two dimensions of CLAP's space in which captions and sounds differ most.

Source: paper, Fig. 3 (right): principal components of the embeddings of captions before and after filtering.
"""

import heapq
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audsem_data.core.keys import hash_fraction
from audsem_data.report.library import Library

SERIES = {
    "embed_clap_text": "closed caption",
    "embed_clap_generated": "generated caption",
    "embed_clap_audio": "sound",
}
MOST = 2000  # clips: more are not seen apart


class Point(NamedTuple):
    """A point of the plane, what it stands for, and whether its clip was kept."""

    clip_id: str
    caption: str
    what: str
    kept: bool
    x: float
    y: float


def project(library: Library, seed: int = 0) -> tuple[list[Point], tuple[float, float]]:
    """Return up to `MOST` clips' points, and the share of the variance that each axis explains.

    The clips are drawn by a hash of their ids, so the same ones come back from every run; the axes are those of the
    points that are drawn. Without embeddings there are no points.
    """
    drawn = heapq.nsmallest(MOST, _rows(library, seed), key=lambda row: (row[0], row[1]["clip_id"]))
    named = [(row, series) for _, row in drawn for series in SERIES if row.get(series)]
    if len(named) < 3:
        return [], (0.0, 0.0)
    vectors = np.array([row[series]["embedding"] for row, series in named], np.float64)
    places, explained = principal_components(vectors)
    points = [
        Point(row["clip_id"], row.get("caption") or "", SERIES[series], row.get("keep") is not False, *place)
        for (row, series), place in zip(named, places.tolist(), strict=True)
    ]
    return points, (float(explained[0]), float(explained[1]))


def principal_components(vectors: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (n, 2) places along the two first axes, and the share of the variance along each.

    An axis has two directions: the one is taken along which the largest weight is positive.
    """
    centred = vectors - vectors.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    first = axes[:2] * np.sign(axes[:2][[0, 1], np.abs(axes[:2]).argmax(axis=1)])[:, None]
    total = float((sizes**2).sum()) or 1.0
    return centred @ first.T, sizes[:2] ** 2 / total


def _rows(library: Library, seed: int) -> Iterator[tuple[float, dict[str, Any]]]:
    for table in library.clips({"clip_id", "caption", "keep", *SERIES}):
        if not set(SERIES) & set(table.column_names):
            continue
        chances = [hash_fraction(f"projection-{seed}", key) for key in table["clip_id"].to_pylist()]
        near = sorted(range(len(chances)), key=chances.__getitem__)[:MOST]
        for index, row in zip(near, table.take(near).to_pylist(), strict=True):
            yield chances[index], row
