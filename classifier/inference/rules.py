"""A classifier made of rules: thresholds on measures of the raster, in a tree of a few levels.

The thresholds were fitted on a training split (see evaluation/rules.py) and lie beside this file.
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
_REASONS = 3  # conditions that a reason names


@dataclass(frozen=True)
class RuleAnswer:
    """What the rules say: probabilities float64 [4], and why in one sentence."""

    probabilities: np.ndarray
    reason: str


def classify(image: Image.Image, background: str | None = None) -> RuleAnswer:
    """Classify an RGBA image by its measures."""
    return follow(rules()["tree"], measure(prepare(image, SIDE, background)))


def follow(tree: dict[str, Any], measures: dict[str, float]) -> RuleAnswer:
    """Walk down a tree.

    Args:
        tree: `{"measure", "threshold", "low": tree, "high": tree}`, or a leaf `{"probabilities"}`
            with one value per class. A measure up to the threshold goes to `low`.
        measures: see measures.py.
    """
    bounds: dict[str, list[float]] = {}
    while "probabilities" not in tree:
        name, threshold = tree["measure"], tree["threshold"]
        low = measures[name] <= threshold
        limits = bounds.setdefault(name, [-np.inf, np.inf])
        limits[low] = threshold
        tree = tree["low" if low else "high"]
    probabilities = np.array(tree["probabilities"])
    best = CLASS_NAMES[int(probabilities.argmax())]
    conditions = [_condition(name, measures[name], limits) for name, limits in bounds.items()]
    return RuleAnswer(probabilities, f"{best}: " + "; ".join(conditions[:_REASONS]) + ".")


@cache
def rules() -> dict[str, Any]:
    """Return the fitted rules: `tree`, and where it was fitted."""
    return json.loads(RULES_FILE.read_text())


def _condition(name: str, value: float, limits: list[float]) -> str:
    low, high = limits
    if np.isfinite(low) and np.isfinite(high):
        between = f"between {low:.3g} and {high:.3g}"
    else:
        between = f"over {low:.3g}" if np.isfinite(low) else f"at most {high:.3g}"
    return f"{MEASURES[name]} is {value:.3g} ({between})"
