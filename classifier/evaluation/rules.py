"""Fitting the rule-based classifier's thresholds: small boosted trees, as plain JSON."""

from typing import Any

import numpy as np
from PIL import Image
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.tree import DecisionTreeRegressor

from classifier.evaluation.robustness import downscale, jpeg
from classifier.inference.measures import MEASURES
from classifier.logo_types import CLASS_NAMES

_ROUNDS = 60  # trees of a class at most
_LEAVES = 8
_RATE = 0.2
_SMALLEST_LEAF = 20  # images; fewer say little about a leaf's score


def fit_rules(
    train: tuple[np.ndarray, np.ndarray], val: tuple[np.ndarray, np.ndarray]
) -> tuple[dict[str, Any], dict[str, float]]:
    """Fit small trees by gradient boosting on the training split; choose how many on validation.

    Friedman, "Greedy function approximation: a gradient boosting machine", 2001.

    Args:
        train: measures float [N, len(MEASURES)] in the order of `MEASURES`, and labels int [N] of
            every class.
        val: the same for validation.

    Returns:
        `trees` and `typical` (see inference/rules.py), and the scores: trees of each class, train
        and validation accuracy.
    """
    model = GradientBoostingClassifier(
        n_estimators=_ROUNDS,
        learning_rate=_RATE,
        max_leaf_nodes=_LEAVES,
        max_depth=None,
        min_samples_leaf=_SMALLEST_LEAF,
        max_features=4,
        subsample=0.8,
        init="zero",
        random_state=0,
    ).fit(*train)
    hits = [float((answers == val[1]).mean()) for answers in model.staged_predict(val[0])]
    rounds = int(np.argmax(hits)) + 1
    trained = [float((answers == train[1]).mean()) for answers in model.staged_predict(train[0])]
    fitted = {
        "typical": {
            name: _short(value)
            for name, value in zip(MEASURES, np.median(train[0], axis=0), strict=True)
        },
        "trees": {
            name: [_node(tree, 0) for tree in model.estimators_[:rounds, index]]
            for index, name in enumerate(CLASS_NAMES)
        },
    }
    scores = {
        "trees": rounds,
        "train_accuracy": trained[rounds - 1],
        "val_accuracy": hits[rounds - 1],
    }
    return fitted, {name: round(value, 4) for name, value in scores.items()}


def worsened(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    """Return an RGB image as users have it: small, or compressed."""
    if generator.integers(2):
        return downscale(image, int(generator.integers(48, 161)))
    return jpeg(image, int(generator.integers(15, 96)))


def _node(fitted: DecisionTreeRegressor, index: int) -> dict[str, Any]:
    tree = fitted.tree_
    if tree.children_left[index] == -1:
        return {"score": _short(tree.value[index][0][0] * _RATE)}
    return {
        "measure": list(MEASURES)[tree.feature[index]],
        "threshold": _short(tree.threshold[index]),
        "low": _node(fitted, tree.children_left[index]),
        "high": _node(fitted, tree.children_right[index]),
    }


def _short(value: float) -> float:
    return float(f"{value:.5g}")
