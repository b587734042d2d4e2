"""Percentile bootstrap intervals of every measure at once, vectorised over resamples.

Efron, Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

from collections.abc import Iterator

import numpy as np

from classifier.evaluation.calibration import BINS, confidence_bins

RESAMPLES = 1000
LEVEL = 0.95
_CELLS_AT_ONCE = 2_000_000


def bootstrap_intervals(
    labels: np.ndarray, probabilities: np.ndarray, losses: np.ndarray, seed: int = 0
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return 95 % intervals, `(low, high)`, by measure; `per_class` ones are arrays [classes].

    Samples are drawn with replacement, as many as there are. A class without samples has NaN.

    Args:
        labels: int [N], checked.
        probabilities: float [N, classes], checked.
        losses: float [N], each sample's log loss.
        seed: of the resamples.
    """
    classes = probabilities.shape[1]
    confidence = probabilities.max(axis=1)
    answers = probabilities.argmax(axis=1)
    gap = confidence - (answers == labels)
    position = confidence_bins(confidence)
    cells = labels * classes + answers
    drawn: dict[str, list[np.ndarray]] = {}
    for rows in _resamples(len(labels), np.random.default_rng(seed)):
        matrices = _histograms(cells[rows], classes**2).reshape(-1, classes, classes)
        gaps = _histograms(position[rows], BINS, gap[rows])
        measures = matrix_measures(matrices) | {
            "expected_calibration_error": np.abs(gaps).sum(axis=1) / len(labels),
            "log_loss": losses[rows].mean(axis=1),
        }
        for name, values in measures.items():
            drawn.setdefault(name, []).append(values)
    return {name: _interval(np.concatenate(values)) for name, values in drawn.items()}


def matrix_measures(matrices: np.ndarray) -> dict[str, np.ndarray]:
    """Return the measures that follow from confusion matrices [R, classes, classes], each [R].

    `per_class` is the recall of each class, [R, classes], NaN for a class without samples. Macro
    means are over the classes that have samples; a class that is never answered has precision 0.
    """
    right = np.diagonal(matrices, axis1=1, axis2=2)
    support, answered = matrices.sum(axis=2), matrices.sum(axis=1)
    total = support.sum(axis=1)
    present = support > 0
    recall = right / np.maximum(support, 1)
    precision = right / np.maximum(answered, 1)
    f1 = 2 * right / np.maximum(support + answered, 1)

    def macro(values: np.ndarray) -> np.ndarray:
        return (values * present).sum(axis=1) / present.sum(axis=1)

    def weighted(values: np.ndarray) -> np.ndarray:
        return (values * support).sum(axis=1) / total

    return {
        "accuracy": right.sum(axis=1) / total,
        "balanced_accuracy": macro(recall),
        "precision_macro": macro(precision),
        "recall_macro": macro(recall),
        "f1_macro": macro(f1),
        "precision_weighted": weighted(precision),
        "recall_weighted": weighted(recall),
        "f1_weighted": weighted(f1),
        "per_class": np.where(present, recall, np.nan),
    }


def _resamples(size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield row numbers [some, size], in blocks that fit in memory."""
    block = max(1, _CELLS_AT_ONCE // size)
    for start in range(0, RESAMPLES, block):
        yield rng.integers(size, size=(min(block, RESAMPLES - start), size))


def _histograms(values: np.ndarray, bins: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Count (or sum the weights of) each row's values 0 to bins - 1: [R, N] -> [R, bins]."""
    offsets = np.arange(len(values))[:, None] * bins
    flat = None if weights is None else weights.ravel()
    counts = np.bincount((values + offsets).ravel(), flat, minlength=len(values) * bins)
    return counts.reshape(len(values), bins)


def _interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    tail = (1 - LEVEL) / 2
    known = ~np.isnan(values).all(axis=0)
    bounds = np.full((2, *values.shape[1:]), np.nan)
    bounds[:, known] = np.nanquantile(values[:, known], (tail, 1 - tail), axis=0)
    return bounds[0], bounds[1]
