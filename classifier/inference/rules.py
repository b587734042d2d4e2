"""A classifier made of rules: thresholds on measures of the raster, in small trees that add up.

Each tree adds to one class's score; the scores' softmax are the probabilities. The thresholds were
fitted on a training split (see evaluation/rules.py) and lie beside this file.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from classifier.inference.measures import MEASURES, SIDE, measure
from classifier.inference.preprocessing import prepare
from classifier.logo_types import CLASS_NAMES

RULES_FILE = Path(__file__).with_name("rules.json")
_REASONS = 3  # measures that a reason names


@dataclass(frozen=True)
class RuleAnswer:
    """What the rules say: probabilities float64 [4], and why in one sentence."""

    probabilities: np.ndarray
    reason: str


def classify(image: Image.Image, background: str | None = None) -> RuleAnswer:
    """Classify an RGBA image by its measures."""
    return decide(rules(), measure(prepare(image, SIDE, background)))


def decide(fitted: dict[str, Any], measures: dict[str, float]) -> RuleAnswer:
    """Add up what the trees say.

    Args:
        fitted: `trees`, a list of trees per class, each `{"measure", "threshold", "low": tree,
            "high": tree}` or a leaf `{"score"}`; a measure up to the threshold goes to `low`. And
            `typical`, the median of each measure.
        measures: see measures.py.
    """
    trees = [fitted["trees"][name] for name in CLASS_NAMES]
    scores = np.array([score(of_class, measures) for of_class in trees])
    exponents = np.exp(scores - scores.max())
    best, second = (int(index) for index in np.argsort(-scores, kind="stable")[:2])
    lead = float(scores[best] - scores[second])
    reason = _reason(trees[best], trees[second], lead, measures, fitted["typical"])
    return RuleAnswer(exponents / exponents.sum(), f"{CLASS_NAMES[best]}: {reason}.")


def score(trees: list[dict[str, Any]], measures: dict[str, float]) -> float:
    """Add up the leaves that the measures lead to, one of each tree."""
    total = 0.0
    for tree in trees:
        while "score" not in tree:
            tree = tree["low" if measures[tree["measure"]] <= tree["threshold"] else "high"]
        total += tree["score"]
    return total


def _reason(
    best: list[dict[str, Any]],
    second: list[dict[str, Any]],
    lead: float,
    measures: dict[str, float],
    typical: dict[str, float],
) -> str:
    """Name the measures without which the answer would be least sure: with a typical value instead,
    its lead over the second best shrinks most.
    """
    shrinks = {}
    for name in MEASURES:
        changed = {**measures, name: typical[name]}
        shrinks[name] = lead - (score(best, changed) - score(second, changed))
    named = sorted(shrinks, key=shrinks.__getitem__, reverse=True)[:_REASONS]
    parts = [
        f"{MEASURES[name]} is {measures[name]:.3g} (typically {typical[name]:.3g})"
        for name in named
        if shrinks[name] > 0
    ]
    return "; ".join(parts) or "all its measures are typical"


@cache
def rules() -> dict[str, Any]:
    """Return the fitted rules: `trees`, `typical`, and where they were fitted."""
    return json.loads(RULES_FILE.read_text())
