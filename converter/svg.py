"""Writing drawings as SVG, small and safe.

What a tracer gives is parsed to numbers, and the file is written anew from those. What is not a
path filled with a colour or a gradient cannot get through, so no script or reference can.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from defusedxml import ElementTree

_PATH = "{http://www.w3.org/2000/svg}path"
_COMMAND = re.compile(r"([MLCZ])([^A-Za-z]*)")
_ALLOWED_DATA = re.compile(r"[MLCZ0-9eE+\-.,\s]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_TRANSLATE = re.compile(r"translate\((-?[\d.]+)[ ,](-?[\d.]+)\)")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")

# The view box is so fine that whole numbers are precise enough: 1/16 pixel of a 256 px logo.
_VIEW_SIDE = 4096
_MAX_COORDINATE = 1e6

Colour = tuple[int, int, int]
Point = tuple[float, float]


class UnsafeSvgError(Exception):
    """The tracer's result holds something other than plain filled paths."""


@dataclass(frozen=True)
class Gradient:
    """A linear gradient from `start` to `end`, or a radial one around `start` with `radius`."""

    start: Point
    end: Point | None
    radius: float
    stops: tuple[tuple[float, Colour], ...]


@dataclass(frozen=True)
class Shape:
    """A filled path. An outline is its start and its segments, of one or three points each."""

    paint: Colour | Gradient
    outlines: list[list[tuple[Point, ...]]]


@dataclass(frozen=True)
class Drawing:
    """A finished SVG and what it consists of."""

    svg: str
    path_count: int
    colour_count: int

    @property
    def byte_count(self) -> int:
        """Size of the file."""
        return len(self.svg.encode())


def write(shapes: Sequence[Shape], canvas: tuple[int, int], size: tuple[int, int]) -> Drawing:
    """Write shapes as an SVG.

    Args:
        shapes: in painting order.
        canvas: width and height of the image that their points lie on.
        size: the logo's own width and height, in pixels, as the file's default size.
    """
    unit = _VIEW_SIDE / max(canvas)
    paths: list[tuple[str, str]] = []
    gradients: dict[str, str] = {}
    colours: set[str] = set()
    for shape in shapes:
        if isinstance(shape.paint, Gradient):
            element = _gradient(shape.paint, unit)
            fill = f"url(#{gradients.setdefault(element, f'g{len(gradients)}')})"
            colours.update(_hex(colour) for _, colour in shape.paint.stops)
        else:
            fill = _hex(shape.paint)
            colours.add(fill)
        data = "".join(_outline(outline, unit) for outline in shape.outlines)
        if paths and paths[-1][0] == fill:
            # Neighbours of one colour become one path: they are painted one after the other anyway.
            paths[-1] = (fill, paths[-1][1] + data)
        elif data:
            paths.append((fill, data))
    defs = "".join(element.replace(" ", f' id="{name}" ', 1) for element, name in gradients.items())
    body = "".join(f'<path fill="{fill}" d="{data}"/>' for fill, data in paths)
    view = f"0 0 {round(canvas[0] * unit)} {round(canvas[1] * unit)}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="{view}">{f"<defs>{defs}</defs>" if defs else ""}{body}</svg>\n'
    )
    return Drawing(svg, len(paths), len(colours))


def read_shapes(content: bytes) -> list[Shape]:
    """Read the shapes of `converter.vectorizer.drawing`.

    Raises:
        UnsafeSvgError: if they are anything but numbers in the agreed form.
    """
    try:
        return [
            Shape(
                _paint(shape["paint"]),
                [[_points(numbers) for numbers in outline] for outline in shape["outlines"]],
            )
            for shape in json.loads(content)
        ]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise UnsafeSvgError("its shapes could not be read.") from error


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
        shapes.append(Shape(colour, _traced_outlines(element.get("d", ""), offset)))
    return shapes


def _paint(values: dict[str, Any]) -> Colour | Gradient:
    if "colour" in values:
        return _colour(values["colour"])
    start, end = _point(values["start"]), values["end"]
    stops = tuple(
        (_finite(offset), _colour(colour))
        for offset, colour in zip(values["offsets"], values["colours"], strict=True)
    )
    return Gradient(start, _point(end) if end else None, _finite(values["radius"]), stops)


def _colour(values: Sequence[Any]) -> Colour:
    red, green, blue = (min(255, max(0, int(value))) for value in values)
    return red, green, blue


def _point(values: Sequence[Any]) -> Point:
    x, y = values
    return _finite(x), _finite(y)


def _points(numbers: Sequence[Any]) -> tuple[Point, ...]:
    if len(numbers) not in (2, 6):
        raise ValueError("a segment has one or three points")
    values = [_finite(number) for number in numbers]
    return tuple(zip(values[::2], values[1::2], strict=True))


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number) or abs(number) > _MAX_COORDINATE:
        raise ValueError("not a usable number")
    return number


def _offset(transform: str, frame: int) -> Point:
    if not transform:
        return -frame, -frame
    match = _TRANSLATE.fullmatch(transform)
    if not match:
        raise UnsafeSvgError(f"A path has an unknown transform: {transform[:40]!r}.")
    return float(match[1]) - frame, float(match[2]) - frame


def _traced_outlines(data: str, offset: Point) -> list[list[tuple[Point, ...]]]:
    """Read absolute path data, moved by an offset."""
    if not _ALLOWED_DATA.fullmatch(data):
        raise UnsafeSvgError("A path has an unknown command.")
    outlines: list[list[tuple[Point, ...]]] = []
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


def _hex(colour: Colour) -> str:
    text = "{:02x}{:02x}{:02x}".format(*colour)
    return f"#{text[::2]}" if text[::2] == text[1::2] else f"#{text}"


def _gradient(gradient: Gradient, unit: float) -> str:
    """Write a gradient without its id."""
    stops = "".join(
        f'<stop offset="{offset:.3g}" stop-color="{_hex(colour)}"/>'
        for offset, colour in gradient.stops
    )
    (x, y), end = _rounded(gradient.start, unit), gradient.end
    if end is None:
        radius = round(gradient.radius * unit)
        return (
            f'<radialGradient gradientUnits="userSpaceOnUse" cx="{x}" cy="{y}" r="{radius}">'
            f"{stops}</radialGradient>"
        )
    x2, y2 = _rounded(end, unit)
    return (
        f'<linearGradient gradientUnits="userSpaceOnUse" x1="{x}" y1="{y}" x2="{x2}" y2="{y2}">'
        f"{stops}</linearGradient>"
    )


def _rounded(point: Point, unit: float) -> tuple[int, int]:
    return round(point[0] * unit), round(point[1] * unit)


def _outline(outline: list[tuple[Point, ...]], unit: float) -> str:
    """Write an outline: absolute start, relative steps, whole numbers that cannot drift."""
    at = start = _rounded(outline[0][0], unit)
    written = f"M{_join(start)}"
    last = ""
    for index, segment in enumerate(outline[1:], start=2):
        points = [_rounded(point, unit) for point in segment]
        if index == len(outline) and points == [start]:
            break  # closing the path draws this line
        steps = [value for x, y in points for value in (x - at[0], y - at[1])]
        if not any(steps):
            continue
        at = points[-1]
        if len(steps) == 2 and 0 in steps:
            command, steps = ("v", steps[1:]) if steps[0] == 0 else ("h", steps[:1])
        else:
            command = "l" if len(steps) == 2 else "c"
        numbers = _join(steps)
        if command != last:
            written += command
        elif numbers[0] != "-":
            written += " "
        written, last = written + numbers, command
    return written + "z"


def _join(numbers: Sequence[int]) -> str:
    """Write whole numbers with no more between them than path data needs."""
    text = " ".join(str(number) for number in numbers)
    return text.replace(" -", "-")
