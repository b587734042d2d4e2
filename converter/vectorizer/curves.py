"""Fitting cubic Bézier curves to closed outlines.

Points are complex numbers (x + iy) throughout: turning, projecting and measuring are then one
multiplication each.
"""

from itertools import pairwise

import numpy as np

_REFITS = 3  # rounds of moving the points along the curve before it is cut in two
_CORNER_REACH = 1.2  # of the arm: a corner may lie that far from the rounded outline's own

# A segment is its points without the first: one for a line, three for a curve.
Segment = tuple[complex, ...]


def fit_outline(
    points: np.ndarray, tolerance: float, corner_degrees: float, arm: float
) -> tuple[complex, list[Segment]]:
    """Fit lines and curves to a closed outline.

    Schneider, "An Algorithm for Automatically Fitting Digitized Curves", Graphics Gems, 1990.

    Args:
        points: complex [N], the last not repeating the first.
        tolerance: the curves come at least this near to every point, but for corners.
        corner_degrees: a bend of more than this is a corner: the curves on both sides end there.
        arm: length, along the outline, over which a bend is measured.

    Returns:
        the start and the segments; the last one ends at the start.
    """
    points, step = _evenly(points, arm)
    reach = max(1, round(arm / step))
    corners = _corners(points, reach, corner_degrees)
    if not len(corners):
        closed = np.append(points, points[0])
        tangent = _unit(points[1] - points[-1])
        return closed[0], _fit(closed, tangent, -tangent, tolerance)
    count = len(points)
    sharp = [_sharpened(points, corner, reach) for corner in corners]
    segments: list[Segment] = []
    for index, corner in enumerate(corners):
        following = (index + 1) % len(corners)
        end = corners[following] + (count if following <= index else 0)
        section = points[np.arange(corner, end + 1) % count]
        section = _trimmed(section, sharp[index], sharp[following], reach)
        segments += _fit(section, *_end_tangents(section), tolerance)
    return sharp[0], segments


def _evenly(points: np.ndarray, arm: float) -> tuple[np.ndarray, float]:
    """Return the outline as points at even distances of about a quarter of the arm."""
    closed = np.append(points, points[0])
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(closed)))])
    count = max(8, round(along[-1] / (arm / 4)))
    at = np.arange(count) * (along[-1] / count)
    even = np.interp(at, along, closed.real) + 1j * np.interp(at, along, closed.imag)
    return even, along[-1] / count


def _corners(points: np.ndarray, reach: int, degrees: float) -> np.ndarray:
    """Return the indices of the points at which the outline bends most, and enough."""
    reach = min(reach, len(points) // 4)
    before, after = points - np.roll(points, reach), np.roll(points, -reach) - points
    bend = np.abs(np.angle(after * before.conj()))
    highest = np.max([np.roll(bend, shift) for shift in range(-reach, reach + 1)], axis=0)
    found = np.flatnonzero((bend >= highest) & (bend > np.radians(degrees)))
    # Of equally bent neighbours, the first stands for all.
    return found[np.diff(found, prepend=found[-1] - len(points)) > 1] if len(found) > 1 else found


def _sharpened(points: np.ndarray, corner: int, reach: int) -> complex:
    """Return where the sides of a corner would meet: pixels round it off."""
    count = len(points)
    near, far = max(1, reach // 2), max(3, reach * 3 // 2)
    back = points[np.arange(corner - far, corner - near + 1) % count]
    ahead = points[np.arange(corner + near, corner + far + 1) % count]
    first, second = _unit(back[-1] - back[0]), _unit(ahead[-1] - ahead[0])
    across = (first.conjugate() * second).imag
    if abs(across) < 0.3:
        return points[corner]
    start, other = back.mean(), ahead.mean()
    meeting = start + first * ((other - start).conjugate() * second).imag / across
    step = abs(points[1] - points[0])
    return (
        meeting if abs(meeting - points[corner]) < _CORNER_REACH * reach * step else points[corner]
    )


def _trimmed(section: np.ndarray, start: complex, end: complex, reach: int) -> np.ndarray:
    """Replace the rounded ends of a section by its sharp corners."""
    cut = reach // 2 if len(section) > 2 * reach else (1 if len(section) > 4 else 0)
    inner = section[1 + cut : len(section) - 1 - cut]
    return np.concatenate([[start], inner, [end]])


def _end_tangents(points: np.ndarray) -> tuple[complex, complex]:
    ahead = min(3, len(points) - 1)
    return _unit(points[ahead] - points[0]), _unit(points[-1 - ahead] - points[-1])


def _unit(vector: complex) -> complex:
    length = abs(vector)
    return vector / length if length else 1 + 0j


def _fit(points: np.ndarray, start: complex, end: complex, tolerance: float) -> list[Segment]:
    """Fit segments to an open run of points that leaves along `start` and arrives against `end`."""
    chord = points[-1] - points[0]
    if len(points) < 3 or _off_line(points, chord) < tolerance * 0.7:
        return [(complex(points[-1]),)]
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(points)))])
    t = along / along[-1]
    worst = len(points) // 2
    for _ in range(_REFITS):
        control = _controls(points, t, start, end)
        gaps = _bezier(control, t) - points
        errors = gaps.real**2 + gaps.imag**2
        worst = int(np.argmax(errors))
        if errors[worst] < tolerance**2:
            return [tuple(complex(point) for point in control[1:])]
        if errors[worst] > (4 * tolerance) ** 2:
            break
        t = _reparameterised(control, points, t)
    worst = min(max(worst, 1), len(points) - 2)
    low, high = max(0, worst - 2), min(len(points) - 1, worst + 2)
    tangent = _unit(points[low] - points[high])
    return _fit(points[: worst + 1], start, tangent, tolerance) + _fit(
        points[worst:], -tangent, end, tolerance
    )


def _off_line(points: np.ndarray, chord: complex) -> float:
    """Return the largest distance of the points from the straight line between their ends."""
    offsets = points - points[0]
    if not abs(chord):
        return float(np.abs(offsets).max())
    turned = offsets * np.conj(chord) / abs(chord)
    beyond = np.maximum(0, np.maximum(-turned.real, turned.real - abs(chord)))
    return float(np.maximum(np.abs(turned.imag), beyond).max())


def _controls(
    points: np.ndarray, t: np.ndarray, start: complex, end: complex
) -> tuple[complex, complex, complex, complex]:
    """Return the control points of the least-squares curve with the given end tangents."""
    first, last = complex(points[0]), complex(points[-1])
    u = 1 - t
    one, two = 3 * t * u * u, 3 * t * t * u
    rest = points - first * (u**3 + one) - last * (two + t**3)
    cross = (start.conjugate() * end).real * float(one @ two)
    a, b = float(one @ one), float(two @ two)
    x = float((one * (rest.real * start.real + rest.imag * start.imag)).sum())
    y = float((two * (rest.real * end.real + rest.imag * end.imag)).sum())
    determinant = a * b - cross * cross
    length = abs(last - first)
    alpha = beta = 0.0
    if abs(determinant) > 1e-12 * max(a * b, 1e-12):
        alpha, beta = (b * x - cross * y) / determinant, (a * y - cross * x) / determinant
    if not (1e-3 * length < alpha < 3 * length and 1e-3 * length < beta < 3 * length):
        alpha = beta = length / 3  # the fallback of the paper
    return first, first + start * alpha, last + end * beta, last


def _bezier(control: tuple[complex, ...], t: np.ndarray) -> np.ndarray:
    u = 1 - t
    return (
        u**3 * control[0] + 3 * t * u * u * control[1] + 3 * t * t * u * control[2]
        + t**3 * control[3]
    )  # fmt: skip


def _reparameterised(control: tuple[complex, ...], points: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Move each parameter by one Newton step to where the curve is nearest to its point."""
    u = 1 - t
    d0, d1, d2 = (3 * (b - a) for a, b in pairwise(control))
    slope = u * u * d0 + 2 * t * u * d1 + t * t * d2
    bend = 2 * (u * (d1 - d0) + t * (d2 - d1))
    gap = _bezier(control, t) - points
    upper = gap.real * slope.real + gap.imag * slope.imag
    lower = slope.real**2 + slope.imag**2 + gap.real * bend.real + gap.imag * bend.imag
    moved = np.where(np.abs(lower) > 1e-9, t - upper / np.where(lower == 0, 1, lower), t)
    return np.maximum.accumulate(np.clip(moved, 0.0, 1.0))
