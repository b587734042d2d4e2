"""Reading what a tracer process answers: numbers in the agreed form, or nothing.

A tracer looks at hostile images, so that what it says is checked like an upload.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from defusedxml import ElementTree

from converter.svg import (
    Circle,
    Colour,
    Ellipse,
    Flat,
    Gradient,
    HalfCircle,
    Paint,
    Path,
    Point,
    Rectangle,
    Segment,
    Shape,
    Stop,
)

_PATH = "{http://www.w3.org/2000/svg}path"
_COMMAND = re.compile(r"([MLCZ])([^A-Za-z]*)")
_ALLOWED_DATA = re.compile(r"[MLCZ0-9eE+\-.,\s]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_TRANSLATE = re.compile(r"translate\((-?[\d.]+)[ ,](-?[\d.]+)\)")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MAX_COORDINATE = 1e6


class UnsafeSvgError(Exception):
    """The tracer's result holds something other than plain painted shapes."""


def read_shapes(content: bytes) -> list[Shape]:
    """Read the elements of `converter.vectorizer.drawing`.

    Raises:
        UnsafeSvgError: if they are anything but numbers in the agreed form.
    """
    try:
        return [Shape(_paint(shape["paint"]), _form(shape)) for shape in json.loads(content)]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise UnsafeSvgError("its shapes could not be read.") from error


def _form(shape: dict[str, Any]) -> Path | Circle | Ellipse | Rectangle:
    readers: dict[str, Callable[[list[float]], Circle | Ellipse | Rectangle]] = {
        "circle": lambda v: Circle((v[0], v[1]), _size(v[2])),
        "ring": lambda v: Circle((v[0], v[1]), _size(v[2]), _size(v[3])),
        "ellipse": lambda v: Ellipse((v[0], v[1]), (_size(v[2]), _size(v[3])), v[4]),
        "rectangle": lambda v: Rectangle((v[0], v[1]), (_size(v[2]), _size(v[3])), abs(v[4]), v[5]),
        "frame": lambda v: Rectangle(
            (v[0], v[1]), (_size(v[2]), _size(v[3])), abs(v[4]), v[5], _size(v[6])
        ),
    }
    for name, read in readers.items():
        if name in shape:
            return read([_finite(value) for value in shape[name]])
    return Path([_outline(outline) for outline in shape["outlines"]])


def _outline(outline: Sequence[Sequence[Any]]) -> list[Segment]:
    segments: list[Segment] = [_points(outline[0], (2,))]
    for numbers in outline[1:]:
        if len(numbers) == 4:
            radius, clockwise, x, y = (_finite(number) for number in numbers)
            segments.append(HalfCircle(_size(radius), bool(clockwise), (x, y)))
        else:
            segments.append(_points(numbers, (2, 6)))
    return segments


def _paint(values: dict[str, Any]) -> Paint:
    if "colour" in values:
        return Flat(_colour(values["colour"]), _share(values.get("opacity", 1)))
    stops = tuple(
        Stop(_share(offset), _colour(colour), _share(opacity))
        for offset, colour, opacity in zip(
            values["offsets"], values["colours"], values["opacities"], strict=True
        )
    )
    if "matrix" in values:
        matrix = tuple(_finite(value) for value in values["matrix"])
        if len(matrix) != 6:
            raise ValueError("a matrix has six numbers")
        return Gradient((0, 0), (0, 0), matrix, stops)
    return Gradient(_point(values["start"]), _point(values["end"]), None, stops)


def _colour(values: Sequence[Any]) -> Colour:
    red, green, blue = (min(255, max(0, int(value))) for value in values)
    return red, green, blue


def _share(value: Any) -> float:
    return min(1.0, max(0.0, _finite(value)))


def _size(value: float) -> float:
    if value <= 0:
        raise ValueError("a size is positive")
    return value


def _point(values: Sequence[Any]) -> Point:
    x, y = values
    return _finite(x), _finite(y)


def _points(numbers: Sequence[Any], lengths: tuple[int, ...]) -> tuple[Point, ...]:
    if len(numbers) not in lengths:
        raise ValueError("a segment has one or three points")
    values = [_finite(number) for number in numbers]
    return tuple(zip(values[::2], values[1::2], strict=True))


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number) or abs(number) > _MAX_COORDINATE:
        raise ValueError("not a usable number")
    return number


def read_traced(svg: bytes, frame: int) -> list[Shape]:
    """Read the paths of vtracer's SVG of an image with a clear frame of so many pixels.

    Raises:
        UnsafeSvgError: if a path has an unknown command, transform or fill.
    """
    shapes = []
    for element in ElementTree.fromstring(svg, forbid_dtd=True).iter(_PATH):
        fill = element.get("fill", "")
        if not _COLOUR.fullmatch(fill):
            raise UnsafeSvgError(f"A fill is not a plain colour: {fill[:40]!r}.")
        offset = _offset(element.get("transform", ""), frame)
        colour = tuple(bytes.fromhex(fill[1:]))
        shapes.append(Shape(Flat(colour), Path(_traced(element.get("d", ""), offset))))
    return shapes


def _offset(transform: str, frame: int) -> Point:
    if not transform:
        return -frame, -frame
    match = _TRANSLATE.fullmatch(transform)
    if not match:
        raise UnsafeSvgError(f"A path has an unknown transform: {transform[:40]!r}.")
    return float(match[1]) - frame, float(match[2]) - frame


def _traced(data: str, offset: Point) -> list[list[Segment]]:
    """Read absolute path data, moved by an offset."""
    if not _ALLOWED_DATA.fullmatch(data):
        raise UnsafeSvgError("A path has an unknown command.")
    outlines: list[list[Segment]] = []
    for command, numbers in _COMMAND.findall(data):
        values = [float(number) for number in _NUMBER.findall(numbers)]
        points = [
            (x + offset[0], y + offset[1]) for x, y in zip(values[::2], values[1::2], strict=True)
        ]
        if command == "M":
            outlines.append([])
        step = 3 if command == "C" else 1
        if points and not outlines:
            raise UnsafeSvgError("A path does not begin with a move.")
        for index in range(0, len(points), step):
            outlines[-1].append(tuple(points[index : index + step]))
    return outlines
