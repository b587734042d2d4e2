"""A drawing as numbers: the parts of one of our SVG files, in pixels of the logo.

It reads what the converter writes: filled paths and plain shapes, in groups or not, with flat
colours or gradients in the units of the drawing. Anything else is an error, not a guess.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import radians
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from fontTools.misc.transform import Transform
from fontTools.pens.recordingPen import RecordingPen
from fontTools.pens.transformPen import TransformPen
from PIL import ImageColor

Point = tuple[float, float]
Colour = tuple[int, int, int]

_SHAPES = ("path", "circle", "ellipse", "rect", "polygon", "polyline", "line")
_REFERENCE = re.compile(r"url\(#([\w-]+)\)")
_INHERITED = (
    "fill", "fill-opacity", "fill-rule", "opacity", "stroke", "stroke-width", "stroke-opacity",
)  # fmt: skip
_TRANSFORM = re.compile(r"(matrix|translate|scale|rotate)\(([^)]*)\)")


class UnreadablePictureError(Exception):
    """The SVG holds something that the converter does not write."""


@dataclass(frozen=True)
class Stop:
    """A colour of a gradient: where it is along it, 0 to 1, and how opaque."""

    offset: float
    colour: Colour
    opacity: float


@dataclass(frozen=True)
class Gradient:
    """A linear gradient between two points, or a radial one around `start`.

    Attributes:
        start: in the units of `matrix`.
        end: None for a radial gradient.
        radius: 0 for a linear gradient.
        stops: by rising offset, two at least.
        matrix: from the gradient's units to pixels of the logo, as in `x' = a x + c y + e`.
    """

    start: Point
    end: Point | None
    radius: float
    stops: tuple[Stop, ...]
    matrix: Transform

    @property
    def middle(self) -> Colour:
        """The mean colour of the stops, for formats that have flat colours only."""
        channels = zip(*(stop.colour for stop in self.stops), strict=True)
        red, green, blue = (round(sum(values) / len(self.stops)) for values in channels)
        return red, green, blue


@dataclass(frozen=True)
class Contour:
    """One outline: a start, then lines (one point each) and cubic curves (three points each)."""

    start: Point
    segments: tuple[tuple[Point, ...], ...]
    closed: bool


@dataclass(frozen=True)
class Part:
    """One painted shape.

    Attributes:
        contours: filled by the nonzero rule, or by even-odd.
        fill: None if it has a stroke only.
        opacity: of the fill, 0 to 1.
        stroke: colour of the outline, if it has one.
        stroke_width: in pixels of the logo.
        ellipses: centre and both radii of each contour, if all are circles or ellipses along the
            axes.
    """

    contours: tuple[Contour, ...]
    fill: Colour | Gradient | None
    opacity: float = 1.0
    even_odd: bool = False
    stroke: Colour | None = None
    stroke_width: float = 0.0
    stroke_opacity: float = 1.0
    ellipses: tuple[tuple[Point, float, float], ...] = ()

    @property
    def colour(self) -> Colour:
        """The colour, or for a gradient its mean, that stands for the part."""
        if isinstance(self.fill, Gradient):
            return self.fill.middle
        return self.fill or self.stroke or (0, 0, 0)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The box around all points that define the outlines: left, top, right, bottom."""
        points = [
            point
            for contour in self.contours
            for point in (contour.start, *(p for segment in contour.segments for p in segment))
        ]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        half = self.stroke_width / 2 if self.stroke else 0.0
        return min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half


@dataclass(frozen=True)
class Picture:
    """A drawing: its size in pixels of the logo, and its parts in painting order."""

    width: float
    height: float
    parts: tuple[Part, ...]


def read_picture(svg: str) -> Picture:
    """Read an SVG of our own.

    Raises:
        UnreadablePictureError: if it holds anything that the converter does not write.
    """
    try:
        root = ElementTree.fromstring(svg, forbid_dtd=True)
        width, height = float(root.get("width", 0)), float(root.get("height", 0))
        left, top, across, down = map(float, root.get("viewBox", f"0 0 {width} {height}").split())
        unit = Transform(width / across, 0, 0, height / down, 0, 0).translate(-left, -top)
        parts = tuple(_parts(root, {}, unit, _gradients(root)))
    except (ElementTree.ParseError, ValueError, KeyError, ZeroDivisionError) as error:
        raise UnreadablePictureError(f"The drawing cannot be read: {error}") from error
    return Picture(width, height, parts)


def path_data(part: Part, scale: float = 1.0) -> str:
    """Write a part's outlines as absolute path data of M, L, C and Z, each number times `scale`."""

    def pair(point: Point) -> str:
        return f"{point[0] * scale:.4f} {point[1] * scale:.4f}"

    written = []
    for contour in part.contours:
        written.append(f"M{pair(contour.start)}")
        for segment in contour.segments:
            written.append(("C" if len(segment) == 3 else "L") + " ".join(map(pair, segment)))
        written.append("Z" if contour.closed else "")
    return "".join(written)


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _gradients(root: Element) -> dict[str, Element]:
    kinds = ("linearGradient", "radialGradient")
    return {element.get("id", ""): element for element in root.iter() if _tag(element) in kinds}


def _parts(
    parent: Element, style: dict[str, str], unit: Transform, gradients: dict[str, Element]
) -> Iterator[Part]:
    """Yield the parts below an element, whose style and transform they take over."""
    for element in parent:
        tag = _tag(element)
        if tag in ("defs", "title", "desc"):
            continue
        own = style | {name: element.get(name) for name in _INHERITED if element.get(name)}
        matrix = unit.transform(_matrix(element.get("transform", "")))
        if tag == "g":
            yield from _parts(element, own, matrix, gradients)
        elif tag in _SHAPES:
            part = _part(element, own, matrix, gradients)
            if part.contours:
                yield part
        else:
            raise ValueError(f"a drawing has no <{tag}>")


def _part(
    element: Element, style: dict[str, str], matrix: Transform, gradients: dict[str, Element]
) -> Part:
    whole = float(style.get("opacity", 1))
    stroke = style.get("stroke", "none")
    part = Part(
        contours=tuple(_contours(element, matrix)),
        fill=_fill(style.get("fill", "#000"), matrix, gradients),
        opacity=float(style.get("fill-opacity", 1)) * whole,
        even_odd=style.get("fill-rule") == "evenodd",
        ellipses=_ellipse(element, matrix),
    )
    if stroke == "none":
        return part
    opacity = float(style.get("stroke-opacity", 1)) * whole
    width = float(style.get("stroke-width", 1))
    if part.fill is None and _tag(element) == "circle":
        return _ring(element, width, matrix, _fill(stroke, matrix, gradients), opacity)
    if part.fill is None and _tag(element) == "rect":
        return _frame(element, width, matrix, _fill(stroke, matrix, gradients), opacity)
    width *= _size_of(matrix)
    return replace(part, stroke=_colour(stroke), stroke_width=width, stroke_opacity=opacity)


def _ring(
    element: Element, width: float, matrix: Transform, fill: Colour | Gradient, opacity: float
) -> Part:
    """Return a circle's line as what it looks like: a disc with a round hole."""
    contours: list[Contour] = []
    ellipses: tuple[tuple[Point, float, float], ...] = ()
    for side in (width / 2, -width / 2):
        radius = float(element.get("r")) + side
        if radius > 0:
            disc = Element("circle", {**element.attrib, "r": repr(radius)})
            contours += _contours(disc, matrix)
            ellipses += _ellipse(disc, matrix)
    return Part(tuple(contours), fill, opacity, even_odd=True, ellipses=ellipses)


def _frame(
    element: Element, width: float, matrix: Transform, fill: Colour | Gradient, opacity: float
) -> Part:
    """Return a rectangle's line as what it looks like: a rectangle with one in it taken away."""
    contours: list[Contour] = []
    x, y, across, down, radius = (
        float(element.get(name, 0)) for name in ("x", "y", "width", "height", "rx")
    )
    for side in (width / 2, -width / 2):
        bend = max(0.0, radius + side) if radius else 0.0
        box = (x - side, y - side, across + 2 * side, down + 2 * side, bend)
        if min(box[2:4]) > 0:
            values = zip(("x", "y", "width", "height", "rx"), map(repr, box), strict=True)
            contours += _contours(Element("rect", dict(values)), matrix)
    return Part(tuple(contours), fill, opacity, even_odd=True)


def _contours(element: Element, matrix: Transform) -> Iterator[Contour]:
    # It loads lxml: a web process that only classifies does without.
    from fontTools.svgLib.path import PathBuilder, parse_path

    if _tag(element) == "path":
        paths = [element.get("d", "")]
    else:
        builder = PathBuilder()
        plain = {name: value for name, value in element.attrib.items() if name != "transform"}
        builder.add_path_from_element(Element(element.tag, plain))
        paths = builder.paths
    recorded = RecordingPen()
    for path in paths:
        parse_path(path, TransformPen(recorded, matrix))
    start: Point | None = None
    segments: list[tuple[Point, ...]] = []
    for operator, points in recorded.value:
        if operator == "moveTo":
            start, segments = points[0], []
        elif operator in ("closePath", "endPath"):
            if start is not None and segments:
                yield Contour(start, tuple(segments), operator == "closePath")
        elif operator in ("lineTo", "curveTo") and len(points) in (1, 3):
            segments.append(tuple(points))
        else:
            raise ValueError("an outline has lines and cubic curves only")


def _fill(text: str, matrix: Transform, gradients: dict[str, Element]) -> Colour | Gradient | None:
    if text == "none":
        return None
    if reference := _REFERENCE.fullmatch(text):
        return _gradient(gradients[reference[1]], matrix)
    return _colour(text)


def _gradient(element: Element, matrix: Transform) -> Gradient:
    if element.get("gradientUnits") != "userSpaceOnUse":
        raise ValueError("a gradient's points lie in the drawing's own units")

    def number(name: str) -> float:
        return float(element.get(name, 0))

    stops = tuple(
        Stop(
            min(1.0, max(0.0, float(stop.get("offset", 0)))),
            _colour(stop.get("stop-color", "#000")),
            float(stop.get("stop-opacity", 1)),
        )
        for stop in element
    )
    if not stops:
        raise ValueError("a gradient has stops")
    stops = stops if len(stops) > 1 else stops * 2
    matrix = matrix.transform(_matrix(element.get("gradientTransform", "")))
    if _tag(element) == "radialGradient":
        return Gradient((number("cx"), number("cy")), None, number("r"), stops, matrix)
    start, end = (number("x1"), number("y1")), (number("x2"), number("y2"))
    return Gradient(start, end, 0.0, stops, matrix)


def _colour(text: str) -> Colour:
    red, green, blue = ImageColor.getrgb(text)[:3]
    return red, green, blue


def _matrix(text: str) -> Transform:
    matrix, rest = Transform(), _TRANSFORM.sub("", text)
    if rest.strip(" ,"):
        raise ValueError(f"an unknown transform: {text[:40]!r}")
    for name, numbers in _TRANSFORM.findall(text):
        values = [float(number) for number in re.split(r"[\s,]+", numbers.strip())]
        if name == "matrix":
            matrix = matrix.transform(values)
        elif name == "rotate":
            centre = values[1:] or (0.0, 0.0)
            matrix = matrix.translate(*centre).rotate(radians(values[0]))
            matrix = matrix.translate(-centre[0], -centre[1])
        else:
            matrix = getattr(matrix, name)(*values)
    return matrix


def _size_of(matrix: Transform) -> float:
    """How many times as long a line is on average after a transform."""
    return abs(matrix.xx * matrix.yy - matrix.xy * matrix.yx) ** 0.5


def _ellipse(element: Element, matrix: Transform) -> tuple[tuple[Point, float, float], ...]:
    tag = _tag(element)
    if tag not in ("circle", "ellipse") or matrix.xy or matrix.yx:
        return ()
    centre = matrix.transformPoint((float(element.get("cx", 0)), float(element.get("cy", 0))))
    across, down = (element.get("r"),) * 2 if tag == "circle" else map(element.get, ("rx", "ry"))
    return ((centre, float(across) * abs(matrix.xx), float(down) * abs(matrix.yy)),)
