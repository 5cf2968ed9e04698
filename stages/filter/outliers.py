"""How far points lie from the others of their corpus, in one pass over sums: nothing is compared pair by pair."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Sum = dict[str, Any]


def summed(points: Array) -> Sum:
    """Return the count and float64 sum of points of length 1, (points, dimensions), as JSON takes them."""
    return {"count": len(points), "sum": points.sum(axis=0, dtype=np.float64).tolist()}


def total(sums: Sequence[Mapping[str, Any]]) -> Sum:
    """Return the sum of sums."""
    added = np.sum([one["sum"] for one in sums], axis=0) if sums else np.zeros(0)
    return {"count": sum(one["count"] for one in sums), "sum": added.tolist()}


def distance_to_mean(points: Array, corpus: Mapping[str, Any]) -> Array:
    """Return the cosine distance of each point to the corpus mean, 0 to 2; 1 where that has no direction."""
    mean = np.asarray(corpus["sum"])
    length = float(np.linalg.norm(mean))
    return 1 - _projected(points, mean) / length if length > 0 else np.ones(len(points))


def mean_distance(points: Array, corpus: Mapping[str, Any]) -> Array:
    """Return the mean cosine distance of each point to all others of the corpus, 0 to 2; 0 for a point alone.

    Of unit vectors it is 1 - x . (S - x) / (n - 1), with S their sum: equal to comparing all pairs.
    """
    count = int(corpus["count"])
    if count < 2:
        return np.zeros(len(points))
    with_itself = np.einsum("ij,ij->i", points, points, dtype=np.float64)
    distances: Array = 1 - (_projected(points, np.asarray(corpus["sum"])) - with_itself) / (count - 1)
    return distances


def _projected(points: Array, axis: Array) -> Array:
    """Return the float64 products of points with a vector, without a float64 copy of the points."""
    products: Array = np.einsum("ij,j->i", points, axis, dtype=np.float64)
    return products
