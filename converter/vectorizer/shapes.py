"""Recognising circles, ellipses and rectangles, and making exact what almost is."""

from dataclasses import dataclass

import numpy as np

from .boxes import fit_box
from .outlines import Outline, flattened, on_curve

_MEAN, _MOST = 0.07, 0.22  # px that a shape may be off its outline: mean square root, and at most
_LEAST = 1.2  # px of half a side: below, anything fits anything
_ROUND = 0.012  # share by which the axes of a circle may differ, and at least ...
_ROUND_PX = 0.06
_SNAP = 0.13  # px within which what is almost level or upright becomes so
_SNAP_ANGLE = 0.02  # radians
_UPRIGHT = 0.006  # radians within which a rectangle is upright
_BORDER = 0.45  # px within which the image's border is meant
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


def recognise(outline: Outline, slack: float = 1.0) -> Shape | None:
    """Return the shape that an outline is, None if it is none.

    Args:
        outline: as it will be drawn.
        slack: how much more than usual a shape may be off, for noisy images.
    """
    if outline.hidden.any():
        return None
    x, y = flattened(outline)
    centre, spread, area = _moments(x, y)
    if area < 4 * _LEAST**2:
        return None
    points = np.stack(on_curve(outline)[:2], axis=1)
    fits = [_ellipse(points, centre, spread, area)]
    fits += [_rectangle(points, area, angle) for angle in {0.0, _direction(outline)}]
    for shape, off in fits:
        if shape is None:
            continue
        if np.sqrt((off**2).mean()) < _MEAN * slack and np.abs(off).max() < _MOST * slack:
            return shape
    return None


def _direction(outline: Outline) -> float:
    """Return the direction of the longest line, in radians from -pi/4 to pi/4, 0 without any."""
    runs = (np.roll(outline.node, -1, axis=0) - outline.node)[outline.kinds == 0]
    if not len(runs):
        return 0.0
    x, y = runs[np.argmax(np.hypot(*runs.T))]
    angle = float((np.arctan2(y, x) + np.pi / 4) % (np.pi / 2) - np.pi / 4)
    return angle if abs(angle) > _UPRIGHT else 0.0


def _moments(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return a polygon's centroid, its second moments over its area [2, 2], and its area."""
    ox, oy = x.mean(), y.mean()
    x, y = x - ox, y - oy
    nx, ny = np.roll(x, -1), np.roll(y, -1)
    cross = x * ny - nx * y
    area = cross.sum() / 2
    if abs(area) < 1e-9:
        return np.array([ox, oy]), np.eye(2), 0.0
    cx, cy = ((x + nx) * cross).sum() / (6 * area), ((y + ny) * cross).sum() / (6 * area)
    xx = (cross * (x * x + x * nx + nx * nx)).sum() / (12 * area) - cx * cx
    yy = (cross * (y * y + y * ny + ny * ny)).sum() / (12 * area) - cy * cy
    xy = (cross * (x * ny + 2 * x * y + 2 * nx * ny + nx * y)).sum() / (24 * area) - cx * cy
    return np.array([ox + cx, oy + cy]), np.array([[xx, xy], [xy, yy]]), abs(area)


def _ellipse(
    points: np.ndarray, centre: np.ndarray, spread: np.ndarray, area: float
) -> tuple[Shape | None, np.ndarray]:
    """Return the ellipse with an outline's moments, and how far its points are off."""
    values, axes = np.linalg.eigh(spread)
    down, across = 2 * np.sqrt(np.maximum(values, 1e-9))
    if down < _LEAST:
        return None, np.zeros(1)
    local = (points - centre) @ axes[:, ::-1]
    level = np.hypot(local[:, 0] / across, local[:, 1] / down)
    slope = np.hypot(local[:, 0] / across**2, local[:, 1] / down**2) / np.maximum(level, 1e-9)
    off = (level - 1) / np.maximum(slope, 1e-9)
    if across - down < max(_ROUND_PX, _ROUND * across):
        radius = float(np.sqrt(area / np.pi))
        off = np.hypot(*(points - centre).T) - radius
        return Circle(float(centre[0]), float(centre[1]), radius), off
    angle = float(np.degrees(np.arctan2(axes[1, 1], axes[0, 1])))
    angle = (angle + 90) % 180 - 90
    if min(abs(angle), abs(abs(angle) - 90)) < 1.0:
        if abs(angle) > 45:
            across, down = down, across
        angle = 0.0
    return Ellipse(float(centre[0]), float(centre[1]), float(across), float(down), angle), off


def _rectangle(points: np.ndarray, area: float, angle: float) -> tuple[Shape | None, np.ndarray]:
    """Return the rectangle around an outline, its corners perhaps round, and how far off it is."""
    found = fit_box(points, area, angle)
    if found is None:
        return None, np.zeros(1)
    box, off = found
    if min(box.half) < _LEAST:
        return None, off
    width, height = 2 * box.half[0], 2 * box.half[1]
    x, y = box.centre[0] - width / 2, box.centre[1] - height / 2
    return Rectangle(x, y, width, height, box.radius, float(np.degrees(box.angle))), off


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
            if abs(run[c]) < min(2 * _SNAP, max(_SNAP, _SNAP_ANGLE * abs(run[1 - c]))) and abs(
                run[c]
            ) < 0.1 * abs(run[1 - c]):
                node[k, c] = node[after, c] = (node[k, c] + node[after, c]) / 2
    for c, side in enumerate((width, height)):
        node[np.abs(node[:, c]) < _BORDER, c] = 0
        node[np.abs(node[:, c] - side) < _BORDER, c] = side
