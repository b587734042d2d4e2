"""Which unlabelled images teach a classifier most: uncertain, disputed, unlike each other.

Settles, Active Learning Literature Survey, 2009, sections 3.1 (margins) and 3.2 (committees);
Sener, Savarese, Active Learning for Convolutional Neural Networks: A Core-Set Approach, 2018
(greedy k-center), whose distances are weighted by the scores here.
"""

import numpy as np

_DIMENSIONS = 64  # of the space in which distances are measured
_SPREAD = 1e-6


def uncertainty(probabilities: np.ndarray) -> np.ndarray:
    """Return 1 minus the margin between the two likeliest classes: float [N], 0 sure, 1 torn.

    Args:
        probabilities: float [N, classes].
    """
    ranked = np.sort(probabilities, axis=1)
    return 1 - (ranked[:, -1] - ranked[:, -2])


def disagreement(opinions: np.ndarray) -> np.ndarray:
    """Return the opinions' Jensen-Shannon divergence as a share of its maximum: float [N].

    McCallum, Nigam, Employing EM and Pool-Based Active Learning for Text Classification, 1998.

    Args:
        opinions: probabilities float [members, N, classes]; NaN where a member says nothing.
    """
    spoken = ~np.isnan(opinions[..., 0])
    count = spoken.sum(0)
    known = np.where(spoken[..., None], np.nan_to_num(opinions), 0.0)
    consensus = known.sum(0) / np.maximum(count, 1)[:, None]
    single = np.where(spoken, _entropy(known), 0.0).sum(0) / np.maximum(count, 1)
    divergence = _entropy(consensus) - single
    return np.clip(divergence / np.log(np.maximum(count, 2)), 0, 1)


def embedding(features: np.ndarray, dimensions: int = _DIMENSIONS) -> np.ndarray:
    """Return unit vectors float [N, D]: the features' main components, D up to `dimensions`.

    Args:
        features: float [N, K], each column of any scale.
    """
    scaled = (features - features.mean(0)) / (features.std(0) + _SPREAD)
    _, axes = np.linalg.eigh(scaled.T @ scaled)
    points = scaled @ axes[:, ::-1][:, :dimensions]
    return points / (np.linalg.norm(points, axis=1, keepdims=True) + _SPREAD)


def choose(
    scores: np.ndarray, points: np.ndarray, count: int, seen: np.ndarray | None = None
) -> list[int]:
    """Return up to `count` positions: each has the highest score times distance to those before.

    What equals one that was chosen has no distance to it, and is left out.

    Args:
        scores: float [N], what each would teach by itself.
        points: unit vectors float [N, D].
        seen: unit vectors float [M, D] of what is labelled already, to keep away from, too.
    """
    distance = np.full(len(scores), 2.0)
    if seen is not None and len(seen):
        distance = 1 - (points @ seen.T).max(1)
    chosen: list[int] = []
    while len(chosen) < min(count, len(scores)):
        worth = scores * distance
        best = int(worth.argmax())
        if worth[best] <= _SPREAD:
            break
        chosen.append(best)
        distance = np.minimum(distance, 1 - points @ points[best])
        distance[best] = 0
    return chosen


def _entropy(probabilities: np.ndarray) -> np.ndarray:
    """Return the entropy in nats along the last axis."""
    return -(probabilities * np.log(np.clip(probabilities, 1e-12, 1))).sum(-1)
