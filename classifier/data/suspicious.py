"""Likely label errors, told from what models answer for logos that they were not trained on."""

import numpy as np


def rank_suspicious(labels: np.ndarray, probabilities: np.ndarray) -> list[tuple[int, float]]:
    """Rank samples by how doubtful their label is: (index, quality from 0 to 1), worst first.

    `labels` is int [N]; `probabilities` is float [N, classes], out of sample: each row from a model
    that has not seen that sample. The quality is confident learning's self-confidence, adjusted for
    how sure the models are of each class (Northcutt et al., https://arxiv.org/abs/1911.00068).

    Raises:
        ValueError: when the shapes do not fit each other.
    """
    from cleanlab.rank import get_label_quality_scores

    if probabilities.ndim != 2 or len(labels) != len(probabilities):
        raise ValueError(f"{labels.shape} labels do not fit {probabilities.shape} probabilities.")
    if len(labels) == 0:
        return []
    # Adjusting needs every class among the labels.
    complete = len(np.unique(labels)) == probabilities.shape[1]
    quality = get_label_quality_scores(
        labels, probabilities, method="self_confidence", adjust_pred_probs=complete
    )
    return [(int(i), float(quality[i])) for i in np.argsort(quality, kind="stable")]
