"""Fitting rectangles, upright or turned, with sharp or round corners."""

from dataclasses import dataclass

import numpy as np

from .adjust import solve
from .compiled import compiled

_FILLED = 0.76  # of the box around it, what a rectangle with the roundest corners fills at least
_NEAR = 1.5  # px, on average, that a first guess may be off
_ROUNDS = 5
_STEP = 1e-4  # for derivatives
_STIFF = 1e-12  # of the normal equations' trace, that is added to their diagonal
_SHARP = 0.75  # px: rounder corners are round
_FULL = 0.12  # px within which the corners are as round as can be


@dataclass(frozen=True)
class Box:
    """A rectangle: centre, half of its sides, radius of its corners, and angle in radians."""

    centre: tuple[float, float]
    half: tuple[float, float]
    radius: float
    angle: float


def fit_box(points: np.ndarray, area: float, angle: float) -> tuple[Box, np.ndarray] | None:
    """Fit a rectangle to the points of an outline.

    Args:
        points: float64 [N, 2].
        area: that the outline has.
        angle: of the rectangle, about; 0 is kept.

    Returns:
        the rectangle and the distances of the points from it; None where none is near.
    """
    found, off = _fitted(points, area, angle)
    if not len(off):
        return None
    x, y, width, height, radius, turn = (float(value) for value in found)
    return Box((x, y), (width, height), radius, turn), off


@compiled
def _fitted(points: np.ndarray, area: float, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a rectangle's values, in the order of `_off`, and distances; none if none is near."""
    cos, sin = np.cos(angle), np.sin(angle)
    left = top = np.inf
    right = bottom = -np.inf
    for p in range(len(points)):
        along = points[p, 0] * cos + points[p, 1] * sin
        across = points[p, 1] * cos - points[p, 0] * sin
        left, right = min(left, along), max(right, along)
        top, bottom = min(top, across), max(bottom, across)
    width, height = right - left, bottom - top
    box = np.zeros(6)
    if area < _FILLED * width * height:
        return box, np.empty(0)
    radius = np.sqrt(max(0.0, width * height - area) / (4 - np.pi))
    box[0] = (cos * (left + right) - sin * (top + bottom)) / 2
    box[1] = (sin * (left + right) + cos * (top + bottom)) / 2
    box[2], box[3], box[4] = width / 2, height / 2, min(radius, width / 2, height / 2)
    box[5] = angle
    off = _off(points, box)
    total = 0.0
    for p in range(len(off)):
        total += abs(off[p])
    if total > _NEAR * len(off):
        return box, np.empty(0)
    free = 6 if angle != 0 else 5
    for sharp in (False, True):
        _refine(points, box, free, sharp)
        if sharp or box[4] >= _SHARP:
            break
        box[4] = 0.0
    least = min(box[2], box[3])
    if box[4] > least - _FULL:
        box[4] = least
    return box, _off(points, box)


@compiled
def _refine(points: np.ndarray, box: np.ndarray, free: int, sharp: bool) -> None:
    """Improve a rectangle's first values, of sharp corners not the radius, by Gauss and Newton."""
    moved = np.empty(free - sharp, np.int64)
    for k in range(len(moved)):
        moved[k] = k + 1 if sharp and k >= 4 else k
    for _ in range(_ROUNDS):
        normal, right = _normal(points, box, moved)
        trace = 0.0
        for k in range(len(moved)):
            trace += normal[k, k]
        # What the points do not tell, such as the radius of corners that none is near, is kept.
        for k in range(len(moved)):
            normal[k, k] += _STIFF * trace
        solve(normal, right)
        for k in range(len(moved)):
            box[moved[k]] -= right[k]
        box[4] = min(max(box[4], 0.0), box[2], box[3])


@compiled
def _normal(
    points: np.ndarray, box: np.ndarray, moved: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the normal equations, [K, K] and [K], for moving some of a rectangle's values."""
    count = len(moved)
    slopes = np.empty((count + 1, len(points)))
    for k in range(count + 1):
        beside = box.copy()
        if k < count:
            beside[moved[k]] += _STEP
        slopes[k] = _off(points, beside)
    normal, right = np.zeros((count, count)), np.zeros(count)
    for p in range(len(points)):
        off = slopes[count, p]
        for k in range(count):
            slopes[k, p] = (slopes[k, p] - off) / _STEP
            right[k] += slopes[k, p] * off
            for other in range(k + 1):
                normal[k, other] += slopes[k, p] * slopes[other, p]
    return normal, right


@compiled
def _off(points: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return the signed distances of points from a rectangle, outwards."""
    x, y, width, height, radius, angle = box
    cos, sin = np.cos(angle), np.sin(angle)
    off = np.empty(len(points))
    for p in range(len(points)):
        dx, dy = points[p, 0] - x, points[p, 1] - y
        across = abs(dx * cos + dy * sin) - (width - radius)
        down = abs(dy * cos - dx * sin) - (height - radius)
        outside = np.hypot(max(across, 0.0), max(down, 0.0))
        off[p] = outside + min(max(across, down), 0.0) - radius
    return off


def rotation(angle: float) -> np.ndarray:
    """Return the matrix [2, 2] that turns columns by an angle, and rows back by it."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])
