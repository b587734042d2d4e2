"""One paint's outlines as elements of a drawing: shapes, rings and paths, as plain numbers."""

from typing import Any

import numpy as np

from .fields import Field
from .freeing import Disc
from .outlines import Outline, flattened, rounded, segments
from .polygons import contains, signed_area
from .recognising import Allowed, recognise
from .shapes import Circle, Ellipse, Rectangle, Shape, harmonise, straighten
from .tracks import track

Element = dict[str, Any]

_CONCENTRIC = 0.2  # px between the centres of a ring's circles, or of a frame's rectangles
_EVEN = 0.15  # px by which a frame's width may differ from side to side
_NOTHING = 1e-6  # square pixels, that a line there and back surrounds but for rounding
_AS_ROUND = 0.6  # px by which the radii of its corners may differ from what its width says


def elements(
    outlines: list[Outline],
    discs: list[Disc],
    field: Field,
    allowed: Allowed,
    size: tuple[int, int],
    with_shapes: bool,
    slack: float,
) -> list[Element]:
    """Return what draws one paint's outlines.

    Args:
        outlines: of the paint; holes run the other way round than what they lie in.
        discs: of the paint, beside the outlines.
        field, allowed, slack: see `recognise`.
        size: width and height of the image, px.
        with_shapes: whether circles, ellipses and rectangles become such.

    Returns:
        elements without their paint: `circle` [x, y, radius], `ring` [x, y, radius, width],
        `ellipse` [x, y, across, down, angle], `rectangle` [x, y, width, height, radius, angle],
        `frame`, the same with the width of its line, or `outlines` as lists of segments.
    """
    if not with_shapes:
        for outline in outlines:
            straighten(outline, *size)
        return [{"outlines": [segments(outline) for outline in outlines]}] if outlines else []
    circles = [circle for disc in discs for circle in (disc.outer, disc.hole) if circle]
    # What touches the image's border is a shape before it is moved there.
    recognised = [recognise(outline, field, allowed, slack) for outline in outlines]
    for outline in outlines:
        straighten(outline, *size)
    shapes = harmonise([*recognised, *circles], *size)
    result = _discs(discs, shapes[len(outlines) :])
    rest: list[int] = []
    for outer, holes in _nested(outlines):
        stroke = _stroke(shapes[outer], [shapes[hole] for hole in holes])
        if stroke:
            result.append(stroke)
        elif not holes and shapes[outer] is not None:
            result.append(_shape(shapes[outer]))
        else:
            rest += [outer, *holes]
    if rest:
        result.append({"outlines": [_outline(outlines[k], shapes[k]) for k in rest]})
    return result


def _nested(outlines: list[Outline]) -> list[tuple[int, list[int]]]:
    """Return each outer outline with the holes in it, as indices; none that surround nothing."""
    polygons = [flattened(outline) for outline in outlines]
    areas = [signed_area(x, y) for x, y in polygons]
    if not areas:
        return []
    outwards = np.sign(areas[int(np.argmax(np.abs(areas)))])
    outers = [k for k, area in enumerate(areas) if outwards * area > _NOTHING]
    outers.sort(key=lambda k: abs(areas[k]))
    low = np.array([[values.min() for values in polygons[k]] for k in outers])
    high = np.array([[values.max() for values in polygons[k]] for k in outers])
    holes: dict[int, list[int]] = {k: [] for k in outers}
    for k in range(len(areas)):
        if k in holes or abs(areas[k]) <= _NOTHING:
            continue
        point = np.array([values[0] for values in polygons[k]])
        boxes = np.flatnonzero(((low <= point) & (point <= high)).all(axis=1))
        # The smallest that contains it; the largest of all where rounding hides every one.
        around = (outers[o] for o in boxes if contains(*polygons[outers[o]], *point))
        holes[next(around, outers[-1])].append(k)
    return list(holes.items())


def _stroke(outer: Shape | None, holes: list[Shape | None]) -> Element | None:
    """Return the stroked shape that a shape with one of its kind as its only hole is."""
    if len(holes) != 1:
        return None
    if isinstance(outer, Circle) and isinstance(holes[0], Circle):
        return _ring(outer, holes[0])
    if isinstance(outer, Rectangle) and isinstance(holes[0], Rectangle):
        return _frame(outer, holes[0])
    return None


def _ring(outer: Circle, hole: Circle) -> Element | None:
    """Return the line that a circle with a hole in its middle is."""
    if np.hypot(outer.x - hole.x, outer.y - hole.y) > _CONCENTRIC:
        return None
    x, y = (outer.x + hole.x) / 2, (outer.y + hole.y) / 2
    width = outer.radius - hole.radius
    return {"ring": rounded([x, y, outer.radius - width / 2, width])}


def _frame(outer: Rectangle, hole: Rectangle) -> Element | None:
    """Return the line that a rectangle with a hole is, if it is of one width all around."""
    across, down = (outer.width - hole.width) / 2, (outer.height - hole.height) / 2
    aside = (outer.x + across - hole.x, outer.y + down - hole.y)
    width = (across + down) / 2
    bend = outer.radius - hole.radius - width
    sharp = not hole.radius and outer.radius <= width
    if outer.angle != hole.angle or np.hypot(*aside) > _CONCENTRIC or width <= 0:
        return None
    if abs(across - down) > 2 * _EVEN or (abs(bend) > _AS_ROUND and not sharp):
        return None
    radius = max(0.0, outer.radius - width / 2) if outer.radius else 0.0
    x, y = outer.x + (across - aside[0]) / 2, outer.y + (down - aside[1]) / 2
    size = [(outer.width + hole.width) / 2, (outer.height + hole.height) / 2]
    return {"frame": rounded([x, y, *size, radius, outer.angle, width])}


def _discs(discs: list[Disc], circles: list[Shape | None]) -> list[Element]:
    """Return discs and rings, whose circles follow each other."""
    result: list[Element] = []
    left = iter(circles)
    for disc in discs:
        outer = next(left)
        element = _stroke(outer, [next(left)]) if disc.hole else _shape(outer)
        if element:
            result.append(element)
    return result


def _shape(shape: Shape) -> Element:
    match shape:
        case Circle(x, y, radius):
            return {"circle": rounded([x, y, radius])}
        case Ellipse(x, y, across, down, angle):
            return {"ellipse": rounded([x, y, across, down, angle])}
        case Rectangle(x, y, width, height, radius, angle):
            return {"rectangle": rounded([x, y, width, height, radius, angle])}


def _outline(outline: Outline, shape: Shape | None) -> list[list[float]]:
    """Return an outline's segments: exact ones where it is a shape."""
    if shape is None:
        return segments(outline)
    return track(shape, signed_area(*flattened(outline)) > 0)
