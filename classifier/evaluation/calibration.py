"""Whether a confidence means what it says: temperature scaling, reliability, calibration error.

Guo et al., On Calibration of Modern Neural Networks, ICML 2017, https://arxiv.org/abs/1706.04599
"""

from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from classifier.evaluation.predictions import check_predictions, check_probabilities

BINS = 15
# A validation split without any miss would ask for a temperature of zero: certainty for ever.
TEMPERATURE_RANGE = (0.2, 10.0)


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature that minimises the log loss of softmax(logits / temperature).

    Args:
        logits: float [N, classes], of the validation split.
        labels: int [N].

    Raises:
        InvalidPredictionsError: for wrong shapes, no samples, NaN or infinity.
    """
    labels, logits = check_predictions(labels, logits)
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-scaled[rows, labels].mean())

    found = minimize_scalar(loss, bounds=np.log(TEMPERATURE_RANGE), method="bounded")
    return float(np.exp(found.x))


def confidence_bins(confidence: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Return the bin of each confidence: bin i holds those in (i / bins, (i + 1) / bins]."""
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def reliability(
    labels: np.ndarray, probabilities: np.ndarray, bins: int = BINS
) -> list[dict[str, Any]]:
    """Return a reliability diagram's bins, JSON-ready.

    Each has `low` and `high` (confidences in (low, high]), `count`, and the mean `confidence` and
    `accuracy` of its samples, or None where it has none.

    Raises:
        InvalidPredictionsError: for wrong shapes, no samples, NaN, or rows that are no
            probabilities.
    """
    labels, probabilities = check_probabilities(labels, probabilities)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    position = confidence_bins(confidence, bins)
    counts = np.bincount(position, minlength=bins)
    confidences = np.bincount(position, confidence, minlength=bins)
    rights = np.bincount(position, right, minlength=bins)
    return [
        {
            "low": index / bins,
            "high": (index + 1) / bins,
            "count": int(count),
            "confidence": float(confidences[index] / count) if count else None,
            "accuracy": float(rights[index] / count) if count else None,
        }
        for index, count in enumerate(counts)
    ]


def confidence_distribution(
    labels: np.ndarray, probabilities: np.ndarray, bins: int = BINS
) -> list[dict[str, Any]]:
    """Return how many answers of each confidence are right and wrong, JSON-ready.

    Each entry has `low` and `high` (confidences in (low, high]), `right` and `wrong`.

    Raises:
        InvalidPredictionsError: see `reliability`.
    """
    labels, probabilities = check_probabilities(labels, probabilities)
    position = confidence_bins(probabilities.max(axis=1), bins)
    right = probabilities.argmax(axis=1) == labels
    counts = [np.bincount(position[mask], minlength=bins) for mask in (right, ~right)]
    return [
        {"low": i / bins, "high": (i + 1) / bins, "right": int(good), "wrong": int(bad)}
        for i, (good, bad) in enumerate(zip(*counts, strict=True))
    ]


def expected_calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, bins: int = BINS
) -> float:
    """Return the mean gap between confidence and accuracy over equal-width bins, 0 to 1.

    Raises:
        InvalidPredictionsError: see `reliability`.
    """
    filled = [b for b in reliability(labels, probabilities, bins) if b["count"]]
    total = sum(b["count"] for b in filled)
    return sum(b["count"] * abs(b["confidence"] - b["accuracy"]) for b in filled) / total


def risk_coverage(labels: np.ndarray, probabilities: np.ndarray) -> list[dict[str, float]]:
    """Return how right the surest answers are, when the least sure ones are left to a person.

    Each entry has the `coverage` (share of samples answered, 0.05 to 1), the lowest `confidence`
    among them, and their `accuracy`. El-Yaniv, Wiener, JMLR 11, 2010.

    Raises:
        InvalidPredictionsError: see `reliability`.
    """
    labels, probabilities = check_probabilities(labels, probabilities)
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = (probabilities.argmax(axis=1) == labels)[order].cumsum()
    counts = np.unique(np.ceil(np.arange(1, 21) / 20 * len(labels)).astype(int))
    return [
        {
            "coverage": float(count / len(labels)),
            "confidence": float(confidence[order[count - 1]]),
            "accuracy": float(right[count - 1] / count),
        }
        for count in counts
    ]
