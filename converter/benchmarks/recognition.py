"""Whether circles, ellipses and rectangles were written as such.

A true circle that its author drew as a path is a circle when its geometry is one. Sizes and
distances are in pixels of the upload.
"""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import tostring

import cv2
import numpy as np
from defusedxml import ElementTree
from scipy.spatial import cKDTree

from converter.benchmarks.outlines import Outline
from converter.benchmarks.rendering import Size

CIRCLE, ELLIPSE, RECTANGLE = "circle", "ellipse", "rectangle"
_SAMPLES = 256
_SMALLEST = 4.0  # shapes with a shorter side than this are dots, whatever they were drawn as
_TRUE = 0.0005  # of the upload's side: what the rounding of coordinates makes of a true shape
_ALIKE = 0.35  # a drawn shape is a true one if it lies so near everywhere
_SEEN = 0.15  # an outline is visible where the picture changes so near to it
_MOSTLY = 0.95
_HALF = 0.5  # of a drawn shape's outline, that has to show
_FEW, _MANY = 8, 64  # segments that a shape has in a drawing, and that it may have in a source
_TAGS = ("circle", "ellipse", "rect")
_PATH = "{http://www.w3.org/2000/svg}path"
_NAMES = {"Circle": CIRCLE, "Ellipse": ELLIPSE, "Rect": RECTANGLE}


@dataclass(frozen=True)
class Shape:
    """The outline of a circle, an ellipse or a rectangle, perhaps with round corners.

    Attributes:
        kind: CIRCLE, ELLIPSE or RECTANGLE.
        centre: x and y.
        half: half of the width and of the height.
        angle: by how much it is turned, in radians.
        corner: radius of the corners.
    """

    kind: str
    centre: tuple[float, float]
    half: tuple[float, float]
    angle: float = 0.0
    corner: float = 0.0

    def grown(self, by: float) -> "Shape":
        """Return the outline of a stroke on one side of it: `by` further out."""
        half = (self.half[0] + by, self.half[1] + by)
        return replace(self, half=half, corner=max(0.0, self.corner + by) if self.corner else 0.0)

    def points(self) -> np.ndarray:
        """Return points along the outline: float64 [N, 2]."""
        if self.kind == RECTANGLE:
            local = _box(*self.half, min(self.corner, *self.half))
        else:
            turn = np.linspace(0, 2 * np.pi, _SAMPLES, endpoint=False)
            local = np.column_stack([np.cos(turn), np.sin(turn)]) * self.half
        return local @ _rotation(self.angle).T + self.centre


@dataclass(frozen=True)
class Recognition:
    """Counts of shapes.

    Attributes:
        true: outlines of shapes that are visible as a whole in the source.
        found: those of them that were drawn as such a shape.
        drawn: outlines of shapes in the drawing.
        right: those of them that follow true outlines.
        in_paths: true ones that a path of the drawing has, exact, and no shape is: a hole, or what
            has one, can be no element.
    """

    true: int
    found: int
    drawn: int
    right: int
    in_paths: int = 0


@dataclass(frozen=True)
class Seen:
    """What is known of a picture: its outlines, and the shapes that are in it.

    Attributes:
        outline: where the picture changes.
        shapes: of the file, hidden ones too.
        in_paths: exact shapes that are parts of paths.
    """

    outline: Outline
    shapes: list[Shape]
    in_paths: list[Shape] = field(default_factory=list)


def compare_shapes(drawn: Seen, true: Seen, visible: list[Shape]) -> Recognition:
    """Count the shapes of a drawing that are right, and the visible true ones that it has.

    A shape that is none of the source's may follow its outlines all the same, where it shows.

    Args:
        drawn: the drawing.
        true: the source.
        visible: the shapes of the source that show as a whole.
    """
    missed = [one for one in visible if not _among(one, drawn.shapes)]
    right = sum(
        _among(one, true.shapes) or _follows(one, true.outline, _ALIKE, drawn.outline)
        for one in drawn.shapes
    )
    return Recognition(
        true=len(visible),
        found=len(visible) - len(missed),
        drawn=len(drawn.shapes),
        right=right,
        in_paths=sum(_among(one, drawn.in_paths) for one in missed),
    )


def _among(shape: Shape, others: list[Shape]) -> bool:
    return any(_alike(shape, other) for other in others)


def visible_shapes(shapes: list[Shape], outline: Outline) -> list[Shape]:
    """Return the shapes whose whole outline shows in the picture, each once."""
    found: list[Shape] = []
    for shape in shapes:
        if _follows(shape, outline, _SEEN) and not any(_alike(shape, other) for other in found):
            found.append(shape)
    return found


def drawn_shapes(svg: str, size: Size) -> list[Shape]:
    """Return the circles, ellipses and rectangles that are written as such."""
    if not any(f"<{name}" in svg for name in _TAGS):
        return []
    root = ElementTree.fromstring(svg, forbid_dtd=False)
    for parent in list(root.iter()):
        # Paths are many, and cannot be among those looked for.
        for child in [each for each in parent if each.tag == _PATH]:
            parent.remove(child)
    return [shape for shape, named in _shapes(tostring(root, "unicode"), size) if named]


def shapes_in_paths(svg: str, size: Size) -> list[Shape]:
    """Return the circles, ellipses and rectangles that are parts of paths."""
    return [shape for shape, named in _shapes(svg, size, _FEW) if not named]


def true_shapes(svg: str, size: Size) -> list[Shape]:
    """Return the outlines that are circles, ellipses or rectangles, however they are written."""
    return [shape for shape, _ in _shapes(svg, size)]


def _shapes(svg: str, size: Size, most: int = _MANY) -> Iterator[tuple[Shape, bool]]:
    """Yield the outlines of a size that counts, and whether they are written as such.

    Outlines of more than `most` segments are none.
    """
    for element in _elements(svg, size):
        named = type(element).__name__ in _NAMES
        for points in _subpaths(element, most):
            shape = fit_shape(points, _TRUE * max(size))
            if shape is None:
                continue
            for outline in _painted(shape, element):
                if _counts(outline, size):
                    yield outline, named


def _elements(svg: str, size: Size) -> Iterator:
    """Yield svgelements' shapes, on a canvas of this size."""
    import svgelements

    root = ElementTree.fromstring(svg, forbid_dtd=False)
    if "viewBox" not in root.attrib:
        width, height = (
            float(svgelements.Length(root.get(name, "100%")).value(ppi=96, relative_length=side))
            for name, side in zip(("width", "height"), size, strict=True)
        )
        root.set("viewBox", f"0 0 {width} {height}")
    root.set("width", str(size[0]))
    root.set("height", str(size[1]))
    parsed = svgelements.SVG.parse(io.StringIO(tostring(root, "unicode")), reify=False)
    for element in parsed.elements():
        if isinstance(element, svgelements.Shape) and not element.values.get("clip"):
            yield element


def _subpaths(element, most: int) -> Iterator[np.ndarray]:  # noqa: ANN001 - of a library without types
    """Yield the closed parts of an element as points along them: float64 [N, 2]."""
    import svgelements

    path = abs(svgelements.Path(element))
    for part in path.as_subpaths():
        segments = [s for s in svgelements.Path(part) if not isinstance(s, svgelements.Move)]
        segments = [s for s in segments if s.start is not None and s.end is not None]
        if not segments or len(segments) > most:
            continue
        at = np.linspace(0, 1, max(8, _SAMPLES // len(segments)), endpoint=False)
        points = np.concatenate([np.asarray(s.npoint(at), float).reshape(-1, 2) for s in segments])
        end = segments[-1].end
        if math.dist(points[0], (end.x, end.y)) < 1e-3 * (1 + np.ptp(points)):
            yield points


def _painted(shape: Shape, element) -> list[Shape]:  # noqa: ANN001 - of a library without types
    """Return the outlines that an element's fill and stroke have."""
    outlines = []
    if element.fill is not None and element.fill.value is not None:
        outlines.append(shape)
    if element.stroke is not None and element.stroke.value is not None and element.stroke_width:
        width = float(element.stroke_width) * math.sqrt(abs(element.transform.determinant))
        outlines += [shape.grown(width / 2), shape.grown(-width / 2)]
    return outlines


def _counts(shape: Shape, size: Size) -> bool:
    """Tell whether a shape is large enough, and not just the ground behind everything."""
    extent = np.ptp(shape.points(), axis=0)
    ground = shape.kind == RECTANGLE and (extent >= np.subtract(size, 1)).all()
    return 2 * min(shape.half) >= _SMALLEST and not ground


def fit_shape(points: np.ndarray, tolerance: float) -> Shape | None:
    """Return the shape whose outline all points [N, 2] of a closed one lie on, if there is one."""
    around = np.append(points, points[:1], axis=0)
    x, y = (around - around.mean(axis=0)).T
    area = abs(float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())) / 2
    for fit in (_circle, _ellipse, _rectangle):
        found = fit(points)
        if found is None:
            continue
        shape, distance, full = found
        if distance <= tolerance and abs(area - full) <= 0.03 * full:
            return shape
    return None


_Fit = tuple[Shape, float, float] | None  # the shape, the largest distance, its area


def _circle(points: np.ndarray) -> _Fit:
    ones = np.ones(len(points))
    system = np.column_stack([2 * points, ones])
    (x, y, rest), *_ = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)
    radius = math.sqrt(max(rest + x * x + y * y, 0))
    away = np.abs(np.hypot(points[:, 0] - x, points[:, 1] - y) - radius).max()
    return Shape(CIRCLE, (x, y), (radius, radius)), float(away), math.pi * radius**2


def _ellipse(points: np.ndarray) -> _Fit:
    middle = points.mean(axis=0)
    (x, y), (width, height), degrees = cv2.fitEllipseDirect((points - middle).astype(np.float32))
    if not (math.isfinite(width) and math.isfinite(height)) or min(width, height) < 1e-3:
        return None
    angle = math.radians(degrees)
    shape = Shape(ELLIPSE, (x + middle[0], y + middle[1]), (width / 2, height / 2), angle)
    local = (points - shape.centre) @ _rotation(angle) / shape.half
    away = np.abs(np.linalg.norm(local, axis=1) - 1).max() * min(shape.half)
    return shape, float(away), math.pi * shape.half[0] * shape.half[1]


def _rectangle(points: np.ndarray) -> _Fit:
    middle = points.mean(axis=0)
    (x, y), (width, height), degrees = cv2.minAreaRect((points - middle).astype(np.float32))
    if min(width, height) < 1e-3:
        return None
    angle, half = math.radians(degrees), np.array([width, height]) / 2
    local = np.abs((points - middle - (x, y)) @ _rotation(angle))
    gap = float(np.linalg.norm(local - half, axis=1).min())
    corner = min(gap / (math.sqrt(2) - 1), *half)
    corner = 0.0 if corner < 0.02 * min(half) else corner
    beyond = local - (half - corner)
    away = np.linalg.norm(np.maximum(beyond, 0), axis=1) + np.minimum(beyond.max(axis=1), 0)
    shape = Shape(RECTANGLE, (x + middle[0], y + middle[1]), (half[0], half[1]), angle, corner)
    return shape, float(np.abs(away - corner).max()), 4 * half[0] * half[1] - 0.8584 * corner**2


def _rotation(angle: float) -> np.ndarray:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def _box(width: float, height: float, corner: float) -> np.ndarray:
    """Return points along a rectangle around the origin, given half of its sides."""
    quarter = np.linspace(0, np.pi / 2, 16)
    points = []
    for turn, (x, y) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        middle = np.array([x * (width - corner), y * (height - corner)])
        angles = quarter + turn * np.pi / 2
        points.append(middle + corner * np.column_stack([np.cos(angles), np.sin(angles)]))
    corners = np.concatenate(points)
    ends = np.roll(corners, -1, axis=0)
    lengths = np.linalg.norm(ends - corners, axis=1)
    counts = np.maximum(1, np.round(_SAMPLES * lengths / lengths.sum())).astype(int)
    return np.concatenate(
        [
            start + (end - start) * np.linspace(0, 1, count, endpoint=False)[:, None]
            for start, end, count in zip(corners, ends, counts, strict=True)
        ]
    )


def _alike(first: Shape, second: Shape) -> bool:
    """Tell whether two shapes of one kind lie on one another."""
    if first.kind != second.kind or math.dist(first.centre, second.centre) > 2 * _ALIKE:
        return False
    one, other = first.points(), second.points()
    step = 2 * math.pi * max(*first.half, *second.half) / _SAMPLES  # between neighbours
    away = cKDTree(one).query(other)[0].max()
    back = cKDTree(other).query(one)[0].max()
    return max(away, back) <= math.hypot(_ALIKE, step / 2)


def _follows(shape: Shape, outline: Outline, reach: float, shown: Outline | None = None) -> bool:
    """Tell whether a shape's outline lies on an outline of the picture nearly everywhere.

    Args:
        shape: looked at.
        outline: of the picture.
        reach: how near the two are.
        shown: the outline of the shape's own picture; what is painted over there is not asked for.
    """
    if not len(outline):
        return False
    points = shape.points()
    if shown is not None:
        showing = cKDTree(shown.points).query(points)[0] <= reach if len(shown) else []
        if np.mean(showing) < _HALF:
            return False
        points = points[showing]
    away, _ = cKDTree(outline.points).query(points)
    return bool((away <= reach).mean() >= _MOSTLY)
