"""Fitting straight lines of a width: rectangles so narrow that coverage rounds off their ends."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from .polygons import axes

_WIDEST = 6.0  # px; the corners of wider ones are found as corners
_SLIMMEST = 3.0  # times its width, that a bar is long at least
_ROUNDED = 1.5  # px from an end, or three quarters of the width, that say nothing of the sides
_MEAN, _MOST = 0.07, 0.22  # px that the sides may be off: mean square root, and at most
_LENGTH = (0.3, 0.2)  # px, and of its width, by which a bar's length may be uncertain
_FEWEST = 4  # points of each side
_CAP = 1 - np.pi / 4  # of the squared width, that round ends leave of square ones


@dataclass(frozen=True)
class Bar:
    """A straight line: centre, length and width in px, angle in radians, ends round or square."""

    centre: tuple[float, float]
    length: float
    width: float
    angle: float
    round: bool


def fit_bar(
    points: np.ndarray,
    shown: np.ndarray,
    centre: np.ndarray,
    spread: np.ndarray,
    area: float,
    slack: float,
) -> list[Bar]:
    """Fit straight lines of a width to an outline.

    Args:
        points: float64 [N, 2], of the outline.
        shown: bool [N], those that tell where the sides are.
        centre, spread: float64 [2], [2, 2], of what it surrounds: its centroid, and its second
            moments over its area.
        area: square pixels.
        slack: how much more than usual the sides may be off.

    Returns:
        the bar that the points lie on, with square ends and with round ones where its outline does
        not tell which; nothing where there is none.
    """
    least, greatest, angle = axes(spread)
    width, length = sqrt(12 * max(least, 1e-9)), sqrt(12 * max(greatest, 1e-9))
    if width > _WIDEST or length < _SLIMMEST * width:
        return []
    aside = np.array([-np.sin(angle), np.cos(angle)])
    ahead = np.array([np.cos(angle), np.sin(angle)])
    along, across = ((points - centre) @ np.stack([ahead, aside], axis=1)).T
    low, high = along.min(), along.max()
    end = max(_ROUNDED, 0.75 * width)
    sides = shown & (along > low + end) & (along < high - end)
    upper = sides & (across > 0)
    lower = sides & (across <= 0)
    if min(upper.sum(), lower.sum()) < _FEWEST:
        return []
    # Two parallel lines: a common slope, and where each is.
    system = np.column_stack([along, across > 0, across <= 0])[sides].astype(float)
    (slope, top, bottom), *_ = np.linalg.lstsq(system, across[sides], rcond=None)
    off = system @ [slope, top, bottom] - across[sides]
    if np.sqrt((off**2).mean()) > _MEAN * slack or np.abs(off).max() > _MOST * slack:
        return []
    x, y = ahead + slope * aside
    middle = centre + (top + bottom) / 2 * aside
    width = (top - bottom) / np.hypot(1, slope)
    place = (float(middle[0]), float(middle[1]))
    bars = []
    for round_ends in (False, True):
        length = area / width + (_CAP * width if round_ends else 0)
        if abs(high - low - length) < (_LENGTH[0] + _LENGTH[1] * width) * slack:
            angle = float(np.arctan2(y, x))
            bars.append(Bar(place, float(length), float(width), angle, round_ends))
    return bars
