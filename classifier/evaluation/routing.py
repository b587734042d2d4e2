"""Fitting the router: when the rules answer, when the model, when both together."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.evaluation.predictions import check_probabilities
from classifier.inference.router import mixed

NEVER = 2.0  # a confidence that nothing reaches
_FEWEST = 50  # images; fewer say little about which method is better
_FEWEST_MIXED = 25  # likewise, about a weight
_CERTAIN_ACCURACY = 0.95  # how often the answers that are called certain shall be right
_CLEARLY = 1.645  # standard errors; what slower answers must gain (5 % by chance alone)
_WEIGHTS = np.linspace(0.0, 1.0, 21)
_WORTH_WAITING = 0.0025  # of accuracy: less is not worth asking the rules for more images
_BELOW = (0.6, 0.7, 0.8, 0.9, 0.95)  # confidences of the model below which both may answer


@dataclass(frozen=True)
class Fitted:
    """Thresholds for a manifest's `routing`, and a report on what they do on validation.

    `report` has, for each way of answering, its `share` of the images, its `accuracy` on them and
    the other method's, and its `milliseconds`; and the accuracy of each method on all images.
    """

    routing: dict[str, float]
    report: dict[str, Any]


def fit_routing(
    labels: np.ndarray,
    neural: np.ndarray,
    rules: np.ndarray,
    neural_ms: float,
    rules_ms: float,
) -> Fitted:
    """Fit the thresholds on a validation split.

    Rules go first from the lowest confidence on from which they are at least as often right as the
    model on the same images, if that saves time or they are clearly more often right. An answer is
    certain from the lowest confidence on from which the model's answers are right 95 % of the time.
    Where both methods disagree and the model is unsure, their probabilities are mixed, if that is
    right more often; how unsure it has to be is what is right most often on all images.

    Args:
        labels: int [N].
        neural: calibrated probabilities, float [N, classes].
        rules: likewise.
        neural_ms: what the model takes for an image, from its file to the answer.
        rules_ms: likewise of the rules.

    Raises:
        InvalidPredictionsError: for wrong shapes, no samples, or rows that are no probabilities.
    """
    labels, neural = check_probabilities(labels, neural)
    _, rules = check_probabilities(labels, rules)
    certain = _certain_confidence(labels, neural)
    below, weight = _combination(labels, neural, rules)
    unsure = _unsure(neural, rules, below)
    rest = neural.copy()
    if weight < 1:
        rest[unsure] = mixed(neural[unsure], rules[unsure], weight)
    threshold = _rules_confidence(labels, rest, rules, neural_ms, rules_ms)
    routing = {
        "rules_confidence": threshold,
        "certain_confidence": certain,
        "combined_below": below,
        "neural_weight": weight,
        "neural_milliseconds": neural_ms,
    }
    first = rules.max(axis=1) >= threshold
    second = unsure & ~first & (weight < 1)
    parts = {"rules": first, "combined": second, "neural": ~first & ~second}
    times = {"rules": rules_ms, "combined": neural_ms + rules_ms, "neural": neural_ms}
    if threshold <= 1:  # then every image pays for the rules
        times["neural"] += rules_ms
    answers = np.where(first[:, np.newaxis], rules, rest)
    report = {
        "sample_count": len(labels),
        "accuracy": {
            "hybrid": _accuracy(labels, answers),
            "neural": _accuracy(labels, neural),
            "rules": _accuracy(labels, rules),
        },
        "milliseconds": {"neural": neural_ms, "rules": rules_ms},
        "certain_share": float((answers.max(axis=1) >= certain).mean()),
        "parts": [
            {
                "method": name,
                "share": float(part.mean()),
                "accuracy": _accuracy(labels[part], answers[part]),
                "neural_accuracy": _accuracy(labels[part], neural[part]),
                "rules_accuracy": _accuracy(labels[part], rules[part]),
                "milliseconds": times[name],
            }
            for name, part in parts.items()
        ],
    }
    return Fitted(routing, report)


def _accuracy(labels: np.ndarray, probabilities: np.ndarray) -> float | None:
    return float((probabilities.argmax(axis=1) == labels).mean()) if len(labels) else None


def _certain_confidence(labels: np.ndarray, neural: np.ndarray) -> float:
    confidence = neural.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    shares = (neural.argmax(axis=1) == labels)[order].cumsum() / np.arange(1, len(labels) + 1)
    last = np.append(np.diff(confidence[order]) < 0, True)  # of equal ones all or none pass
    good = np.flatnonzero((shares >= _CERTAIN_ACCURACY) & last)
    good = good[good >= min(_FEWEST, len(labels)) - 1]
    return round(float(confidence[order[good[-1]]]), 4) if len(good) else 1.0


def _unsure(neural: np.ndarray, rules: np.ndarray, below: float) -> np.ndarray:
    """Tell where the methods disagree and the model's confidence is below a threshold."""
    return (neural.argmax(axis=1) != rules.argmax(axis=1)) & (neural.max(axis=1) < below)


def _combination(labels: np.ndarray, neural: np.ndarray, rules: np.ndarray) -> tuple[float, float]:
    """Return the lowest of the confidences below which mixing is about as often right as below the
    best of them, and the weight there; a weight of 1 where it never gains anything.

    Whoever is asked for less often is quicker: the rules take longer than the model.
    """
    found = []
    for below in _BELOW:
        part = _unsure(neural, rules, below)
        weight = _neural_weight(labels[part], neural[part], rules[part])
        answers = neural.argmax(axis=1)
        answers[part] = mixed(neural[part], rules[part], weight).argmax(axis=1)
        found.append((float((answers == labels).mean()), below, weight))
    enough = max(accuracy for accuracy, _, _ in found) - _WORTH_WAITING
    return next((below, weight) for accuracy, below, weight in found if accuracy >= enough)


def _neural_weight(labels: np.ndarray, neural: np.ndarray, rules: np.ndarray) -> float:
    """Return the weight with the lowest log loss, 1 if mixing is not right more often."""
    if len(labels) < _FEWEST_MIXED:
        return 1.0
    rows = np.arange(len(labels))
    losses = [-np.log(mixed(neural, rules, weight)[rows, labels]).mean() for weight in _WEIGHTS]
    weight = float(_WEIGHTS[int(np.argmin(losses))])
    together = mixed(neural, rules, weight).argmax(axis=1) == labels
    gains = together.mean() > (neural.argmax(axis=1) == labels).mean()
    return round(weight, 2) if gains else 1.0


def _rules_confidence(
    labels: np.ndarray, rest: np.ndarray, rules: np.ndarray, neural_ms: float, rules_ms: float
) -> float:
    """Return the confidence from which the rules answer alone; NEVER if that gains nothing."""
    confidence = rules.max(axis=1)
    right, right_rest = rules.argmax(axis=1) == labels, rest.argmax(axis=1) == labels
    for threshold in np.unique(confidence):
        part = confidence >= threshold
        if part.sum() < _FEWEST:
            break
        if right[part].mean() < right_rest[part].mean():
            continue
        milliseconds = rules_ms + float((~part).mean()) * neural_ms
        if milliseconds < neural_ms or _clearly_better(right[part], right_rest[part]):
            return round(float(threshold), 4)
    return NEVER


def _clearly_better(first: np.ndarray, second: np.ndarray) -> bool:
    """Compare two methods' hits on the same images, as McNemar's test does."""
    won, lost = int((first & ~second).sum()), int((second & ~first).sum())
    return won - lost > _CLEARLY * np.sqrt(won + lost)
