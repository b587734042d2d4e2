"""Percentile bootstrap intervals of every measure at once, vectorised over resamples.

Efron, Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13. Samples that belong together
are drawn together: Field, Welsh, Bootstrapping clustered data, J. R. Stat. Soc. B 69, 2007.
"""

from collections.abc import Iterator

import numpy as np

from classifier.evaluation.calibration import BINS, confidence_bins

RESAMPLES = 1000
LEVEL = 0.95
_CELLS_AT_ONCE = 2_000_000


def bootstrap_intervals(
    labels: np.ndarray,
    probabilities: np.ndarray,
    losses: np.ndarray,
    seed: int = 0,
    clusters: np.ndarray | None = None,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return 95 % intervals, `(low, high)`, by measure; `per_class` ones are arrays [classes].

    Clusters are drawn with replacement, as many as there are, each with all of its samples. A class
    without samples has NaN.

    Args:
        labels: int [N], checked.
        probabilities: float [N, classes], checked.
        losses: float [N], each sample's log loss.
        seed: of the resamples.
        clusters: int [N], such as each sample's brand; without, each sample is one of its own.
    """
    if clusters is None:
        clusters = np.arange(len(labels))
    _, members = np.unique(clusters, return_inverse=True)
    classes = probabilities.shape[1]
    confidence = probabilities.max(axis=1)
    answers = probabilities.argmax(axis=1)
    gap = confidence - (answers == labels)
    position = np.eye(BINS)[confidence_bins(confidence)] * gap[:, np.newaxis]
    cells = np.eye(classes**2)[labels * classes + answers]
    drawn: dict[str, list[np.ndarray]] = {}
    for times in _resamples(members.max() + 1, np.random.default_rng(seed)):
        weights = times[:, members]  # how often each sample was drawn
        total = weights.sum(axis=1)
        matrices = (weights @ cells).reshape(-1, classes, classes)
        measures = matrix_measures(matrices) | {
            "expected_calibration_error": np.abs(weights @ position).sum(axis=1) / total,
            "log_loss": weights @ losses / total,
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
    """Yield how often each of `size` is drawn, float [some, size], in blocks that fit in memory."""
    block = max(1, _CELLS_AT_ONCE // size)
    for start in range(0, RESAMPLES, block):
        count = min(block, RESAMPLES - start)
        yield rng.multinomial(size, np.full(size, 1 / size), size=count).astype(np.float64)


def _interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    tail = (1 - LEVEL) / 2
    known = ~np.isnan(values).all(axis=0)
    bounds = np.full((2, *values.shape[1:]), np.nan)
    bounds[:, known] = np.nanquantile(values[:, known], (tail, 1 - tail), axis=0)
    return bounds[0], bounds[1]
