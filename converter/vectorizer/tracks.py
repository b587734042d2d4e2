"""Shapes as outlines of a path, exact: for holes and for what has holes."""

import numpy as np

from .outlines import rounded
from .shapes import Circle, Ellipse, Rectangle, Shape

_QUARTER = 4 / 3 * np.tan(np.pi / 8)  # arms of a cubic that is a quarter of a circle of radius 1


def track(shape: Shape, clockwise: bool) -> list[list[float]]:
    """Return a shape as the start and the segments of an outline, as `outlines.segments` does."""
    if isinstance(shape, Circle):
        left, right = shape.x - shape.radius, shape.x + shape.radius
        arcs = [[shape.radius, float(clockwise), x, shape.y] for x in (right, left)]
        return [rounded([left, shape.y]), *map(rounded, arcs)]
    pieces = _quarters(shape) if isinstance(shape, Ellipse) else _sides(shape)
    if not clockwise:
        pieces = [piece[::-1] for piece in reversed(pieces)]
    return [_numbers(pieces[0][:1]), *(_numbers(piece[1:]) for piece in pieces)]


def _quarters(ellipse: Ellipse) -> list[np.ndarray]:
    """Return the four cubics of an ellipse, clockwise as it is seen, complex [4] each."""
    turn = np.exp(1j * np.radians(ellipse.angle))
    middle = complex(ellipse.x, ellipse.y)
    return [
        middle + turn * (ellipse.across * arc.real + 1j * ellipse.down * arc.imag)
        for arc in _unit_arcs()
    ]


def _unit_arcs() -> list[np.ndarray]:
    """Return the four quarters of a circle of radius 1 around 0, clockwise, from the right."""
    return [1j**k * np.array([1, 1 + _QUARTER * 1j, _QUARTER + 1j, 1j]) for k in range(4)]


def _sides(box: Rectangle) -> list[np.ndarray]:
    """Return a rectangle's sides, and its corners where they are round, clockwise."""
    turn = np.exp(1j * np.radians(box.angle))
    middle = complex(box.x + box.width / 2, box.y + box.height / 2)
    across, down = box.width / 2 - box.radius, box.height / 2 - box.radius
    inner = [complex(x * across, y * down) for x, y in ((1, 1), (-1, 1), (-1, -1), (1, -1))]
    arcs = [corner + box.radius * arc for corner, arc in zip(inner, _unit_arcs(), strict=True)]
    pieces = []
    for arc, after in zip(arcs, arcs[1:] + arcs[:1], strict=True):
        if box.radius:
            pieces.append(middle + turn * arc)
        if abs(after[0] - arc[-1]) > 1e-6:
            pieces.append(middle + turn * np.array([arc[-1], after[0]]))
    return pieces


def _numbers(points: np.ndarray) -> list[float]:
    return rounded([value for point in points for value in (point.real, point.imag)])
