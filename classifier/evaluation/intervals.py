"""Confidence intervals of shares."""

import math

_Z = 1.959963984540054  # two-sided 95 %


def wilson(right: int, count: int) -> tuple[float, float] | None:
    """Return the 95 % score interval of a share; None without anything counted.

    E. B. Wilson, JASA 22, 1927. It stays within 0 and 1, also for few or one-sided answers.

    Args:
        right: how many of them.
        count: how many in all.

    Raises:
        ValueError: if more are right than were counted, or a number is negative.
    """
    if not 0 <= right <= count:
        raise ValueError(f"{right} of {count} is no share.")
    if not count:
        return None
    share, weight = right / count, _Z**2 / count
    middle = (share + weight / 2) / (1 + weight)
    half = _Z * math.sqrt(share * (1 - share) / count + weight / (4 * count)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)
