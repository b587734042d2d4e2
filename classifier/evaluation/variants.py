"""Which variant of a version serves."""

from collections.abc import Sequence
from dataclasses import dataclass

LARGEST_LOSS = 0.005  # of accuracy, against the original


@dataclass(frozen=True)
class Candidate:
    """A variant that could serve: its size, and its accuracy on validation, 0 to 1."""

    name: str
    bytes: int
    accuracy: float


def choose(original: Candidate, others: Sequence[Candidate]) -> Candidate:
    """Return the smallest variant that loses at most LARGEST_LOSS of the original's accuracy."""
    # Rounded, so that a loss of exactly half a point is not lost to floating point.
    enough = round(original.accuracy - LARGEST_LOSS, 9)
    good = [variant for variant in others if round(variant.accuracy, 9) >= enough]
    return min([original, *good], key=lambda variant: variant.bytes)
