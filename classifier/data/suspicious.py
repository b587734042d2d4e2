"""Likely label errors, by the answers of models to logos that they were not trained on."""

from collections.abc import Iterator

import numpy as np

_FOLDS = 5
_STRENGTH = 0.003  # of the fit, C: some 1,800 features invite learning wrong labels by heart


def out_of_sample_folds(
    features: np.ndarray, labels: np.ndarray, groups: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield each fold's positions, int [M], and what a model fitted on the others answers there.

    A brand lies in one fold alone: its logos resemble each other.

    Args:
        features: float [N, K].
        labels: int [N], from 0 up without gaps.
        groups: [N], brands.

    Yields:
        Positions, and probabilities float [M, classes].

    Raises:
        ValueError: if there are fewer brands than folds.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
    for others, held_out in folds.split(features, labels, groups):
        model = make_pipeline(
            StandardScaler(),
            LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=300),
        ).fit(features[others], labels[others])
        yield held_out, model.predict_proba(features[held_out])


def label_quality(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return how well each label fits, float [N] from 0 to 1; a low value means a likely error.

    It is confident learning's self-confidence, adjusted for how sure the models are of each class
    (Northcutt et al., https://arxiv.org/abs/1911.00068).

    Args:
        labels: int [N].
        probabilities: float [N, classes], out of sample: each row from a model that has not seen
            that sample.

    Raises:
        ValueError: when the shapes do not fit each other.
    """
    from cleanlab.rank import get_label_quality_scores

    if probabilities.ndim != 2 or len(labels) != len(probabilities):
        raise ValueError(f"{labels.shape} labels do not fit {probabilities.shape} probabilities.")
    # Adjusting needs every class among the labels.
    complete = len(np.unique(labels)) == probabilities.shape[1]
    return get_label_quality_scores(
        labels, probabilities, method="self_confidence", adjust_pred_probs=complete
    )
