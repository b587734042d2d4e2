"""Two classifiers on the same samples: is one really better?"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from classifier.evaluation.predictions import InvalidPredictionsError


@dataclass(frozen=True)
class Comparison:
    """Counts of samples, and the probability of such a difference between equals."""

    both: int  # both right
    first_only: int
    second_only: int
    neither: int
    disagreements: int  # different answers, right or wrong
    p_value: float

    @property
    def count(self) -> int:
        """How many samples there are."""
        return self.both + self.first_only + self.second_only + self.neither


def compare(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> Comparison:
    """Compare two classifiers' answers by McNemar's exact test (two-sided).

    McNemar, Psychometrika 12, 1947; exact: only samples that one alone gets right count, and
    between equals each side has half of them.

    Args:
        labels: int [N].
        first: int [N], the first classifier's answers.
        second: int [N], the second's.

    Raises:
        InvalidPredictionsError: for different lengths, or no samples.
    """
    labels, first, second = (np.asarray(values) for values in (labels, first, second))
    if not labels.shape == first.shape == second.shape or labels.ndim != 1 or not len(labels):
        raise InvalidPredictionsError(
            "Two classifiers are compared on the same samples, at least one."
        )
    right, rival = first == labels, second == labels
    first_only, second_only = int((right & ~rival).sum()), int((rival & ~right).sum())
    decided = first_only + second_only
    return Comparison(
        both=int((right & rival).sum()),
        first_only=first_only,
        second_only=second_only,
        neither=int((~right & ~rival).sum()),
        disagreements=int((first != second).sum()),
        p_value=float(binomtest(first_only, decided).pvalue) if decided else 1.0,
    )
