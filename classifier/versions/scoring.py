"""Measuring a version folder on images, before there is a row."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from classifier.training.dataset import LabelledImage

_SCORING_BATCH = 64


def score(
    folder: Path,
    images: "list[LabelledImage]",
    cache: Path | None,
    clusters: np.ndarray | None = None,
) -> tuple[dict[str, Any], np.ndarray]:
    """Measure a version folder on images, with the engine that will serve it.

    `clusters` numbers images that belong together, int [N].

    Returns the metrics and the probabilities, float32 [N, classes].
    """
    from classifier.evaluation.metrics import compute_metrics
    from classifier.inference.engine import Engine
    from classifier.training.dataset import ArrayCache

    engine = Engine.load(folder)
    test = ArrayCache(cache or folder).serving(images, engine.manifest.input_size)
    batches = [
        engine.probabilities(np.ascontiguousarray(test.pixels[start : start + _SCORING_BATCH]))
        for start in range(0, len(test), _SCORING_BATCH)
    ]
    probabilities = np.concatenate(batches)
    if clusters is not None and len(clusters) != len(probabilities):
        clusters = None  # the dataset was deleted meanwhile
    return compute_metrics(test.labels.numpy(), probabilities, clusters=clusters), probabilities
