"""The door of every measure: labels and probabilities are checked once, here."""

import numpy as np

from classifier.logo_types import CLASS_NAMES


class InvalidPredictionsError(ValueError):
    """Labels or probabilities that cannot be measured. The message says what is wrong."""


def check_predictions(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels as int64 [N] and scores as float64 [N, classes].

    Raises:
        InvalidPredictionsError: for wrong shapes, no samples, unknown labels, NaN or infinity.
    """
    labels, scores = np.asarray(labels), np.asarray(scores, dtype=np.float64)
    classes = len(CLASS_NAMES)
    if labels.ndim != 1 or scores.shape != (len(labels), classes):
        raise InvalidPredictionsError(
            f"Expected labels [N] and scores [N, {classes}], not {labels.shape} and {scores.shape}."
        )
    if not len(labels):
        raise InvalidPredictionsError("There are no samples to measure.")
    if not np.issubdtype(labels.dtype, np.integer):
        raise InvalidPredictionsError(f"Labels must be whole numbers, not {labels.dtype}.")
    if labels.min() < 0 or labels.max() >= classes:
        raise InvalidPredictionsError(f"Labels must be 0 to {classes - 1}.")
    if not np.isfinite(scores).all():
        rows = np.flatnonzero(~np.isfinite(scores).all(axis=1))
        raise InvalidPredictionsError(
            f"{len(rows)} of {len(scores)} answers are NaN or infinite (the first: row {rows[0]}): "
            "the model is broken and cannot be measured."
        )
    return labels.astype(np.int64), scores


def check_probabilities(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Check predictions whose rows must also be probabilities: 0 to 1, summing to 1.

    Raises:
        InvalidPredictionsError: see `check_predictions`; also for rows that are no probabilities.
    """
    labels, probabilities = check_predictions(labels, scores)
    negative = probabilities.min() < 0
    if negative or not np.allclose(probabilities.sum(axis=1), 1, atol=1e-3):
        raise InvalidPredictionsError("Each row of probabilities must lie in 0 to 1 and sum to 1.")
    return labels, probabilities
