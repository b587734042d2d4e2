"""Fitting the rule-based classifier's thresholds: a decision tree, as plain JSON."""

from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from classifier.inference.measures import MEASURES
from classifier.logo_types import CLASS_NAMES

_LEAVES = (8, 12, 16, 24, 32, 48, 64)
_SMALLEST_LEAF = 20  # images; fewer say little about a leaf's probabilities


def fit_rules(
    train: tuple[np.ndarray, np.ndarray], val: tuple[np.ndarray, np.ndarray]
) -> tuple[dict[str, Any], dict[str, float]]:
    """Fit trees of several sizes on the training split; keep the best on validation.

    Args:
        train: measures float [N, len(MEASURES)] in the order of `MEASURES`, and labels int [N].
        val: the same for validation.

    Returns:
        The tree (see inference/rules.py), and the scores: leaves, train and validation accuracy.
    """
    fitted = []
    for leaves in _LEAVES:
        tree = DecisionTreeClassifier(
            max_leaf_nodes=leaves, min_samples_leaf=_SMALLEST_LEAF, random_state=0
        ).fit(*train)
        fitted.append((tree.score(*val), -leaves, tree))
    accuracy, leaves, best = max(fitted, key=lambda entry: entry[:2])
    scores = {"leaves": -leaves, "train_accuracy": best.score(*train), "val_accuracy": accuracy}
    return _node(best, 0), {name: round(float(value), 4) for name, value in scores.items()}


def _node(fitted: DecisionTreeClassifier, index: int) -> dict[str, Any]:
    tree = fitted.tree_
    if tree.children_left[index] == -1:
        counts = np.zeros(len(CLASS_NAMES))
        counts[fitted.classes_] = tree.value[index][0] * tree.n_node_samples[index]
        smoothed = (counts + 1) / (counts.sum() + len(CLASS_NAMES))  # Laplace: none is impossible
        return {"probabilities": [round(float(value), 4) for value in smoothed]}
    return {
        "measure": list(MEASURES)[tree.feature[index]],
        "threshold": float(f"{tree.threshold[index]:.5g}"),
        "low": _node(fitted, tree.children_left[index]),
        "high": _node(fitted, tree.children_right[index]),
    }
