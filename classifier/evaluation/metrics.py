"""What a version is measured by: one JSON-ready dict of figures with 95 % intervals."""

import math
from typing import Any

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
)

from classifier.evaluation.bootstrap import bootstrap_intervals
from classifier.evaluation.calibration import (
    confidence_distribution,
    expected_calibration_error,
    reliability,
    risk_coverage,
)
from classifier.evaluation.predictions import check_probabilities
from classifier.logo_types import CLASS_NAMES

_AVERAGED = ("precision", "recall", "f1")
_SMALLEST = np.finfo(np.float64).eps  # scikit-learn clips at the same place


def compute_metrics(
    labels: np.ndarray,
    probabilities: np.ndarray,
    seed: int = 0,
    clusters: np.ndarray | None = None,
) -> dict[str, Any]:
    """Measure answers against labels.

    A class without samples has None for its figures, and stays out of the macro means; a class
    that is never answered has a precision of 0.

    Args:
        labels: int [N], positions in CLASS_NAMES.
        probabilities: float [N, classes].
        seed: of the bootstrap resamples.
        clusters: int [N], samples that belong together, such as the logos of a brand.

    Raises:
        InvalidPredictionsError: for wrong shapes, no samples, NaN, or rows that are no
            probabilities.
    """
    labels, probabilities = check_probabilities(labels, probabilities)
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
    answers = probabilities.argmax(axis=1)
    classes = list(range(len(CLASS_NAMES)))
    chosen = probabilities[np.arange(len(labels)), labels]
    losses = -np.log(np.clip(chosen, _SMALLEST, 1))
    intervals = bootstrap_intervals(labels, probabilities, losses, seed, clusters)
    class_intervals = intervals.pop("per_class")
    averages = _averages(labels, answers)
    return {
        "sample_count": len(labels),
        "accuracy": float(accuracy_score(labels, answers)),
        "balanced_accuracy": averages["recall_macro"],
        **averages,
        "expected_calibration_error": expected_calibration_error(labels, probabilities),
        "log_loss": float(log_loss(labels, probabilities, labels=classes)),
        "confusion_matrix": confusion_matrix(labels, answers, labels=classes).tolist(),
        "per_class": _per_class(labels, answers, class_intervals),
        "intervals": {name: [float(low), float(high)] for name, (low, high) in intervals.items()},
        "reliability": reliability(labels, probabilities),
        "confidences": confidence_distribution(labels, probabilities),
        "risk_coverage": risk_coverage(labels, probabilities),
    }


def _averages(labels: np.ndarray, answers: np.ndarray) -> dict[str, float]:
    present = np.unique(labels)
    result: dict[str, float] = {}
    for average in ("macro", "weighted"):
        scores = precision_recall_fscore_support(
            labels, answers, labels=present, average=average, zero_division=0
        )
        result |= {
            f"{name}_{average}": float(score)
            for name, score in zip(_AVERAGED, scores, strict=False)
        }
    return result


def _per_class(
    labels: np.ndarray, answers: np.ndarray, intervals: tuple[np.ndarray, np.ndarray]
) -> dict[str, dict[str, Any]]:
    """Return each class's figures; its accuracy is the share of its samples answered rightly."""
    scores = precision_recall_fscore_support(
        labels, answers, labels=range(len(CLASS_NAMES)), zero_division=0
    )
    result: dict[str, dict[str, Any]] = {}
    for name, precision, recall, f1, support, low, high in zip(
        CLASS_NAMES, *scores, *intervals, strict=True
    ):
        figures = {"accuracy": recall, "precision": precision, "recall": recall, "f1": f1}
        result[name] = {key: float(value) if support else None for key, value in figures.items()}
        result[name]["support"] = int(support)
        result[name]["interval"] = None if math.isnan(low) else [float(low), float(high)]
    return result
