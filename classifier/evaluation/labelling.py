"""How much a choice of what to label next is worth: played on logos whose labels are hidden.

A linear head on frozen features stands for the model. It starts from a few labels, and asks for
more, batch by batch: at random, or for those that would teach most. What it then gets right on a
test split is noted after each batch.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np

from classifier.evaluation.acquisition import choose, embedding, uncertainty

RANDOM, CHOSEN = "random", "chosen"
STRATEGIES = (RANDOM, CHOSEN)
_COMPONENTS = 128  # of the features, by which the head decides
_STRENGTH = 0.01  # C of the head's fit
_T_95 = {2: 12.71, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}


@dataclass(frozen=True)
class Pool:
    """Logos to learn from, and logos to test on.

    `space` float [N, D] and `test_space` float [M, D] are what the head decides by, `points`
    float [N, E] the unit vectors that tell what resembles what; labels are int [N] and [M].
    """

    space: np.ndarray
    points: np.ndarray
    labels: np.ndarray
    test_space: np.ndarray
    test_labels: np.ndarray

    @classmethod
    def of(
        cls,
        features: np.ndarray,
        labels: np.ndarray,
        test_features: np.ndarray,
        test_labels: np.ndarray,
    ) -> Self:
        """Reduce features, float [N, K] and [M, K], to their main components.

        The test logos take no part in finding these.
        """
        mean, deviation = features.mean(0), features.std(0) + 1e-6
        scaled = (features - mean) / deviation
        _, axes = np.linalg.eigh(scaled.T @ scaled)
        axes = axes[:, ::-1][:, :_COMPONENTS]
        tested = (test_features - mean) / deviation @ axes
        return cls(scaled @ axes, embedding(features), labels, tested, test_labels)


@dataclass(frozen=True)
class Play:
    """How many labels are asked for: the first ones at random, then in batches, up to `most`."""

    first: int = 50
    batch: int = 50
    most: int = 2000


def play(
    pool: Pool, strategy: str, seed: int, rules: Play, tell: Callable[[int], None]
) -> list[tuple[int, float]]:
    """Return how many labels were asked for, and the accuracy on the test logos with them.

    Args:
        pool: what there is to learn from; its labels are hidden until asked for.
        strategy: one of STRATEGIES.
        seed: of the first labels, and of all of a random order.
        rules: how many labels are asked for.
        tell: hears of the number of labels.
    """
    order = np.random.default_rng(seed).permutation(len(pool.labels))
    asked = list(order[: rules.first])
    curve = []
    while True:
        head = _fitted(pool.space[asked], pool.labels[asked])
        right = head.predict(pool.test_space) == pool.test_labels
        curve.append((len(asked), float(right.mean())))
        tell(len(asked))
        if len(asked) >= min(rules.most, len(order)):
            return curve
        if strategy == RANDOM:
            asked += list(order[len(asked) : len(asked) + rules.batch])
            continue
        hidden = np.setdiff1d(order, asked)
        scores = uncertainty(head.predict_proba(pool.space[hidden]))
        asked += [int(hidden[i]) for i in choose(scores, pool.points[hidden], rules.batch)]


def curves(
    pool: Pool, seeds: int, rules: Play, tell: Callable[[str, int, int], None]
) -> dict[str, np.ndarray]:
    """Return each strategy's accuracies float [seeds, batches], and `labels` int [batches].

    `tell` hears of the strategy, the seed and the number of labels.
    """
    from threadpoolctl import threadpool_limits

    found: dict[str, np.ndarray] = {}
    with threadpool_limits(1):  # fits so small take many times longer on several threads
        for strategy in STRATEGIES:
            plays = [
                play(pool, strategy, seed, rules, partial(tell, strategy, seed))
                for seed in range(seeds)
            ]
            shortest = min(map(len, plays))
            found["labels"] = np.array([count for count, _ in plays[0][:shortest]])
            found[strategy] = np.array([[value for _, value in run[:shortest]] for run in plays])
    return found


@dataclass(frozen=True)
class Saving:
    """What a random order reaches with so many labels, and how many a choice needs for it.

    `share` is the quotient, `low` and `high` its 95 % interval over the seeds (Student's t on the
    quotients of the single seeds, each against the mean of the random order). They are None where
    a choice did not reach the accuracy within the play.
    """

    labels: int
    accuracy: float
    needed: float | None
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        """Labels that a choice needs as a share of those that a random order needs."""
        return None if self.needed is None else self.needed / self.labels


def savings(found: dict[str, np.ndarray], at: tuple[int, ...]) -> Iterator[Saving]:
    """Yield what a choice saves where the random order has these numbers of labels."""
    labels, random = found["labels"], found[RANDOM].mean(0)
    for count in at:
        if count not in labels:
            continue
        goal = float(random[list(labels).index(count)])
        needed = _first_reaching(labels, found[CHOSEN].mean(0), goal)
        single = [_first_reaching(labels, run, goal) for run in found[CHOSEN]]
        shares = [value / count for value in single if value is not None]
        low = high = None
        if len(shares) == len(single):
            mean, margin = mean_interval(np.array(shares))
            low, high = mean - margin, mean + margin
        yield Saving(count, goal, needed, low, high)


def mean_interval(values: np.ndarray) -> tuple[float, float]:
    """Return the mean and half the width of its 95 % interval by Student's t; 2 to 10 values."""
    if len(values) < 2:
        return float(values.mean()), float("nan")
    error = values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(_T_95[min(len(values), 10)] * error)


def _first_reaching(labels: np.ndarray, curve: np.ndarray, goal: float) -> float | None:
    """Return with how many labels a curve reaches an accuracy first, between batches linearly."""
    reached = np.flatnonzero(curve >= goal)
    if not len(reached):
        return None
    at = int(reached[0])
    if at == 0:
        return float(labels[0])
    low, high = curve[at - 1], curve[at]
    return float(labels[at - 1] + (labels[at] - labels[at - 1]) * (goal - low) / (high - low))


def _fitted(features: np.ndarray, labels: np.ndarray) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=_STRENGTH, max_iter=200, tol=1e-3).fit(features, labels)
