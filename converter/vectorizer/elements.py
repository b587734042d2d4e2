"""One paint's outlines as elements of a drawing: shapes, rings and paths, as plain numbers."""

from typing import Any

import numpy as np

from .outlines import Outline, flattened, segments
from .shapes import Circle, Ellipse, Rectangle, Shape, harmonise, recognise, straighten

Element = dict[str, Any]

_CONCENTRIC = 0.2  # px between the centres of a ring's circles


def elements(
    outlines: list[Outline], size: tuple[int, int], with_shapes: bool, slack: float
) -> list[Element]:
    """Return what draws one paint's outlines.

    Args:
        outlines: of the paint; holes run the other way round than what they lie in.
        size: width and height of the image, px.
        with_shapes: whether circles, ellipses and rectangles become such.
        slack: see `recognise`.

    Returns:
        elements without their paint: `circle` [x, y, radius], `ring` [x, y, radius, width],
        `ellipse` [x, y, across, down, angle], `rectangle` [x, y, width, height, radius, angle],
        or `outlines` as lists of segments.
    """
    for outline in outlines:
        straighten(outline, *size)
    if not with_shapes:
        return [{"outlines": [segments(outline) for outline in outlines]}] if outlines else []
    shapes = harmonise([recognise(outline, slack) for outline in outlines], *size)
    result: list[Element] = []
    rest: list[int] = []
    for outer, holes in _nested(outlines):
        ring = _ring(shapes[outer], [shapes[hole] for hole in holes])
        if ring:
            result.append(ring)
        elif not holes and shapes[outer] is not None:
            result.append(_shape(shapes[outer]))
        else:
            rest += [outer, *holes]
    if rest:
        result.append({"outlines": [_outline(outlines[k], shapes[k]) for k in rest]})
    return result


def _nested(outlines: list[Outline]) -> list[tuple[int, list[int]]]:
    """Return each outer outline with the holes in it, as indices."""
    polygons = [np.stack(flattened(outline), axis=1) for outline in outlines]
    areas = [_signed_area(polygon) for polygon in polygons]
    if not areas:
        return []
    outwards = np.sign(areas[int(np.argmax(np.abs(areas)))])
    outers = [k for k, area in enumerate(areas) if np.sign(area) == outwards]
    outers.sort(key=lambda k: abs(areas[k]))
    low = np.array([polygons[k].min(axis=0) for k in outers])
    high = np.array([polygons[k].max(axis=0) for k in outers])
    holes: dict[int, list[int]] = {k: [] for k in outers}
    for k in range(len(areas)):
        if k in holes:
            continue
        point = polygons[k][0]
        boxes = np.flatnonzero(((low <= point) & (point <= high)).all(axis=1))
        # The smallest that contains it; the largest of all where rounding hides every one.
        around = (outers[o] for o in boxes if _contains(polygons[outers[o]], point))
        holes[next(around, outers[-1])].append(k)
    return list(holes.items())


def _signed_area(polygon: np.ndarray) -> float:
    x, y = polygon.T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def _contains(polygon: np.ndarray, point: np.ndarray) -> bool:
    x, y = polygon.T
    nx, ny = np.roll(x, -1), np.roll(y, -1)
    crosses = (y > point[1]) != (ny > point[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x + (point[1] - y) * (nx - x) / (ny - y)
    return bool((crosses & (point[0] < at)).sum() % 2)


def _ring(outer: Shape | None, holes: list[Shape | None]) -> Element | None:
    """Return the stroked circle that a circle with a round hole in its middle is."""
    if not isinstance(outer, Circle) or len(holes) != 1 or not isinstance(holes[0], Circle):
        return None
    hole = holes[0]
    if np.hypot(outer.x - hole.x, outer.y - hole.y) > _CONCENTRIC:
        return None
    x, y = (outer.x + hole.x) / 2, (outer.y + hole.y) / 2
    width = outer.radius - hole.radius
    return {"ring": _rounded([x, y, outer.radius - width / 2, width])}


def _shape(shape: Shape) -> Element:
    match shape:
        case Circle(x, y, radius):
            return {"circle": _rounded([x, y, radius])}
        case Ellipse(x, y, across, down, angle):
            return {"ellipse": _rounded([x, y, across, down, angle])}
        case Rectangle(x, y, width, height, radius, angle):
            return {"rectangle": _rounded([x, y, width, height, radius, angle])}


def _outline(outline: Outline, shape: Shape | None) -> list[list[float]]:
    """Return an outline's segments; a circle is two arcs."""
    if not isinstance(shape, Circle):
        return segments(outline)
    turn = 1 if _signed_area(np.stack(flattened(outline), axis=1)) > 0 else 0
    left, right = shape.x - shape.radius, shape.x + shape.radius
    arcs = [[shape.radius, turn, x, shape.y] for x in (right, left)]
    return [_rounded([left, shape.y]), *[_rounded(arc) for arc in arcs]]


def _rounded(values: list[float]) -> list[float]:
    return [round(float(value), 3) for value in values]
