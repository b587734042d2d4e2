"""Circles, ellipses and rectangles, and making exact what almost is."""

from dataclasses import dataclass

import numpy as np

from .outlines import Outline

SNAP = 0.13  # px within which what is almost level or upright becomes so
_SNAP_ANGLE = 0.02  # radians
_BORDER = 0.45  # px within which the image's border is meant
_AROUND = 192  # points of a border, a multiple of four
_SAME = 0.12  # px within which radii and centres become equal


@dataclass(frozen=True)
class Circle:
    """A circle: centre and radius, px."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Ellipse:
    """An ellipse: centre, half axes in px, and the angle of the first one in degrees."""

    x: float
    y: float
    across: float
    down: float
    angle: float


@dataclass(frozen=True)
class Rectangle:
    """A rectangle: left, top, width, height and the radius of its corners in px.

    `angle` is by how many degrees it is turned clockwise, around its centre.
    """

    x: float
    y: float
    width: float
    height: float
    radius: float
    angle: float = 0.0


Shape = Circle | Ellipse | Rectangle


def border(shape: Shape) -> np.ndarray:
    """Return points around a shape, close enough to be a polygon: complex [N], px."""
    turn = np.exp(2j * np.pi * np.arange(_AROUND) / _AROUND)
    match shape:
        case Circle(x, y, radius):
            return complex(x, y) + radius * turn
        case Ellipse(x, y, across, down, degrees):
            level = across * turn.real + 1j * down * turn.imag
            return complex(x, y) + level * np.exp(1j * np.radians(degrees))
        case Rectangle(x, y, width, height, radius, degrees):
            quarters = turn.reshape(4, -1)
            corners = np.array([1 + 1j, -1 + 1j, -1 - 1j, 1 - 1j])
            middles = (width / 2 - radius) * corners.real + 1j * (
                height / 2 - radius
            ) * corners.imag
            level = (middles[:, None] + radius * quarters).ravel()
            return complex(x + width / 2, y + height / 2) + level * np.exp(1j * np.radians(degrees))


def harmonise(shapes: list[Shape | None], width: int, height: int) -> list[Shape | None]:
    """Make nearly equal radii and centres equal, and what nearly touches the border touch it."""
    result = [_at_border(shape, width, height) for shape in shapes]
    circles = [k for k, shape in enumerate(result) if isinstance(shape, Circle)]
    for group in _groups([result[k].radius for k in circles], _SAME):
        radius = float(np.mean([result[circles[g]].radius for g in group]))
        for g in group:
            old = result[circles[g]]
            result[circles[g]] = Circle(old.x, old.y, radius)
    for name in ("x", "y"):
        for group in _groups([getattr(result[k], name) for k in circles], _SAME):
            middle = float(np.mean([getattr(result[circles[g]], name) for g in group]))
            for g in group:
                old = result[circles[g]]
                x, y = (middle, old.y) if name == "x" else (old.x, middle)
                result[circles[g]] = Circle(x, y, old.radius)
    return result


def _groups(values: list[float], reach: float) -> list[list[int]]:
    """Return the indices of values that lie within a reach of each other, two at least."""
    order = sorted(range(len(values)), key=lambda k: values[k])
    groups: list[list[int]] = []
    for k in order:
        if groups and values[k] - values[groups[-1][0]] < reach:
            groups[-1].append(k)
        else:
            groups.append([k])
    return [group for group in groups if len(group) > 1]


def _at_border(shape: Shape | None, width: int, height: int) -> Shape | None:
    if not isinstance(shape, Rectangle) or shape.angle:
        return shape
    left, right = (_to(v, width) for v in (shape.x, shape.x + shape.width))
    top, bottom = (_to(v, height) for v in (shape.y, shape.y + shape.height))
    return Rectangle(left, top, right - left, bottom - top, shape.radius)


def _to(value: float, side: int) -> float:
    """Return the image's border where a value lies almost on it."""
    if abs(value) < _BORDER:
        return 0.0
    return float(side) if abs(value - side) < _BORDER else value


def straighten(outline: Outline, width: int, height: int) -> None:
    """Make lines that are almost level or upright so, and what nearly is at the border be there."""
    node, count = outline.node, len(outline.node)
    for k in range(count):
        if outline.kinds[k]:
            continue
        after = (k + 1) % count
        run = node[after] - node[k]
        for c in range(2):
            if abs(run[c]) < min(2 * SNAP, max(SNAP, _SNAP_ANGLE * abs(run[1 - c]))) and abs(
                run[c]
            ) < 0.1 * abs(run[1 - c]):
                node[k, c] = node[after, c] = (node[k, c] + node[after, c]) / 2
    for c, side in enumerate((width, height)):
        node[np.abs(node[:, c]) < _BORDER, c] = 0
        node[np.abs(node[:, c] - side) < _BORDER, c] = side
