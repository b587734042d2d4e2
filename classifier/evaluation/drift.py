"""Whether what comes in still looks like what a model was validated on."""

from collections.abc import Sequence

import numpy as np

# Siddiqi, "Credit Risk Scorecards", Wiley, 2006, chapter 9: below 0.1 no significant change, up to
# 0.25 a small one that asks to be looked into, above it a major shift.
SMALL_SHIFT = 0.1
MAJOR_SHIFT = 0.25
# Between equal populations the index is about (bins - 1) * (1/n + 1/m) (Yurdakul, "Statistical
# Properties of Population Stability Index", 2018): for fewer answers than this, chance alone
# comes near the first threshold.
LEAST_COUNT = 200


def stability_index(expected: Sequence[int], actual: Sequence[int]) -> float:
    """Return the population stability index of two histograms over the same bins.

    It is the sum over the bins of (a - e) * ln(a / e), where a and e are the shares of the actual
    and the expected population: 0 for equal ones, and the same with the two exchanged. An empty
    bin counts as half an observation, since the logarithm of nothing is infinite.

    Args:
        expected: counts, such as of the validation split.
        actual: counts, such as of live traffic.

    Raises:
        ValueError: for different numbers of bins, negative counts, or a histogram of nothing.
    """
    counts = np.array([expected, actual], dtype=np.float64)
    totals = counts.sum(axis=1, keepdims=True)
    if counts.ndim != 2 or (counts < 0).any() or not (totals > 0).all():
        raise ValueError("Two histograms with observations over the same bins are compared.")
    expected_shares, actual_shares = np.maximum(counts, 0.5) / totals
    used = counts.any(axis=0)
    terms = (actual_shares - expected_shares) * np.log(actual_shares / expected_shares)
    return float(terms[used].sum())


def histogram(values: Sequence[float], highs: Sequence[float]) -> list[int]:
    """Count values by bin: each holds those up to its upper end, and the last the rest.

    Args:
        values: such as confidences.
        highs: upper ends of the bins, ascending.
    """
    bins = np.searchsorted(np.asarray(highs), np.asarray(values, dtype=np.float64), side="left")
    return np.bincount(np.minimum(bins, len(highs) - 1), minlength=len(highs)).tolist()
