"""Which variant of a version serves."""

from collections.abc import Sequence
from dataclasses import dataclass

LARGEST_LOSS = 0.005  # of accuracy, against the original
_ALIKE = 1.1  # files up to this much larger than the smallest count as small as it


@dataclass(frozen=True)
class Candidate:
    """A variant that could serve: bytes, accuracy on validation, milliseconds for one image."""

    name: str
    bytes: int
    accuracy: float
    milliseconds: float


def choose(original: Candidate, others: Sequence[Candidate]) -> Candidate:
    """Return the smallest variant that loses at most LARGEST_LOSS of the original's accuracy.

    Of several that are about as small the quickest.
    """
    # Rounded, so that a loss of exactly half a point is not lost to floating point.
    enough = round(original.accuracy - LARGEST_LOSS, 9)
    good = [original, *(one for one in others if round(one.accuracy, 9) >= enough)]
    limit = _ALIKE * min(one.bytes for one in good)
    return min((one for one in good if one.bytes <= limit), key=lambda one: one.milliseconds)
