"""How good probabilities are: precision, recall and F1 at one half, and how well they are calibrated."""

import math
from collections.abc import Sequence
from typing import NamedTuple

_BINS = 10


class Metrics(NamedTuple):
    """Of binary predictions.

    Attributes:
        ece: expected calibration error: the mean distance of confidence and accuracy over ten bins.
        log_loss: mean negative log-likelihood.
    """

    captions: int
    accuracy: float
    precision: float
    recall: float
    f1: float
    ece: float
    log_loss: float


def measure(probabilities: Sequence[float], labels: Sequence[int]) -> Metrics:
    """Compare probabilities of label 1 with labels; raises ValueError for none."""
    if not labels:
        raise ValueError("there is nothing to measure")
    said = [p >= 0.5 for p in probabilities]
    hits = sum(s and label for s, label in zip(said, labels, strict=True))
    precision = hits / sum(said) if any(said) else 0.0
    recall = hits / sum(labels) if any(labels) else 0.0
    return Metrics(
        len(labels),
        sum(s == bool(label) for s, label in zip(said, labels, strict=True)) / len(labels),
        precision,
        recall,
        2 * precision * recall / (precision + recall) if hits else 0.0,
        _calibration_error(probabilities, labels),
        log_loss(probabilities, labels),
    )


def log_loss(probabilities: Sequence[float], labels: Sequence[int]) -> float:
    """Return the mean negative log-likelihood of labels; no probability counts as less than 1e-7."""
    right = [p if label else 1 - p for p, label in zip(probabilities, labels, strict=True)]
    return -sum(math.log(max(p, 1e-7)) for p in right) / len(right)


def fit_temperature(margins: Sequence[float], labels: Sequence[int]) -> float:
    """Return the temperature between 0.05 and 20 by which log-odds are divided to fit labels best.

    By golden-section search: the loss has one minimum. Source: Guo et al., On Calibration of Modern Neural
    Networks, ICML 2017.
    """
    low, high, ratio = math.log(0.05), math.log(20), (math.sqrt(5) - 1) / 2

    def loss(exponent: float) -> float:
        return log_loss([sigmoid(margin / math.exp(exponent)) for margin in margins], labels)

    while high - low > 1e-4:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return math.exp((low + high) / 2)


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x)), without overflow."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _calibration_error(probabilities: Sequence[float], labels: Sequence[int]) -> float:
    bins: list[list[tuple[float, int]]] = [[] for _ in range(_BINS)]
    for p, label in zip(probabilities, labels, strict=True):
        bins[min(int(p * _BINS), _BINS - 1)].append((p, label))
    gaps = [abs(sum(p for p, _ in held) - sum(label for _, label in held)) for held in bins]
    return sum(gaps) / len(labels)
