"""Fitting rectangles, upright or turned, with sharp or round corners."""

from dataclasses import dataclass

import numpy as np

from .compiled import compiled

_FILLED = 0.76  # of the box around it, what a rectangle with the roundest corners fills at least
_NEAR = 1.5  # px, on average, that a first guess may be off
_ROUNDS = 5
_STEP = 1e-4  # for derivatives
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
    turned = points @ rotation(angle)
    low, high = turned.min(axis=0), turned.max(axis=0)
    width, height = high - low
    if area < _FILLED * width * height:
        return None
    radius = np.sqrt(max(0.0, width * height - area) / (4 - np.pi))
    middle = rotation(angle) @ (low + high) / 2
    guess = np.array([*middle, width / 2, height / 2, min(radius, width / 2, height / 2), angle])
    if np.abs(_off(points, guess)).mean() > _NEAR:
        return None
    guess = _refined(points, guess, 6 if angle else 5)
    least = min(guess[2], guess[3])
    if guess[4] < _SHARP:
        guess[4] = 0.0
        guess = _refined(points, guess, 6 if angle else 5, fixed=4)
    elif guess[4] > least - _FULL:
        guess[4] = least
    box = Box(
        (float(guess[0]), float(guess[1])), (float(guess[2]), float(guess[3])),
        float(guess[4]), float(guess[5]),
    )  # fmt: skip
    return box, _off(points, guess)


def _refined(points: np.ndarray, guess: np.ndarray, free: int, fixed: int = -1) -> np.ndarray:
    """Return the guess after some steps of Gauss and Newton, of its first `free` values."""
    moved = np.array([k for k in range(free) if k != fixed])
    for _ in range(_ROUNDS):
        normal, right = _normal(points, guess, moved)
        guess = guess.copy()
        guess[moved] -= np.linalg.lstsq(normal, right, rcond=None)[0]
        guess[4] = min(max(guess[4], 0.0), guess[2], guess[3])
    return guess


@compiled
def _normal(
    points: np.ndarray, box: np.ndarray, moved: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the normal equations, [K, K] and [K], for moving some of a rectangle's values."""
    count = len(moved)
    off = _off(points, box)
    slopes = np.empty((count, len(points)))
    for k in range(count):
        beside = box.copy()
        beside[moved[k]] += _STEP
        slopes[k] = (_off(points, beside) - off) / _STEP
    normal, right = np.empty((count, count)), np.empty(count)
    for k in range(count):
        right[k] = (slopes[k] * off).sum()
        for other in range(count):
            normal[k, other] = (slopes[k] * slopes[other]).sum()
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
