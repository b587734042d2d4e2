"""Writing drawings as SVG, small and safe.

The file is written anew from numbers. What is not a path or plain shape, filled or stroked with a
colour or a gradient, cannot be said here, so that no script or reference can get through.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

_PLACES = 100  # steps of a coordinate to a pixel of the drawing

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True)
class Flat:
    """One colour, and how little shines through, 0 to 1."""

    colour: Colour
    opacity: float = 1.0


@dataclass(frozen=True)
class Stop:
    """A colour of a gradient: where on it, 0 to 1, and how little shines through, 0 to 1."""

    offset: float
    colour: Colour
    opacity: float = 1.0


@dataclass(frozen=True)
class Gradient:
    """A linear gradient from `start` to `end`, or a radial one.

    Attributes:
        start, end: of a linear one.
        matrix: of a radial one, from a circle of radius 1 around 0, 0 to the drawing, as in SVG:
            `x' = a x + c y + e`, `y' = b x + d y + f`.
        stops: by rising offset.
    """

    start: Point
    end: Point
    matrix: tuple[float, ...] | None
    stops: tuple[Stop, ...]


Paint = Flat | Gradient


@dataclass(frozen=True)
class Path:
    """Outlines: each is its start and its segments. One point ends a line, three a cubic curve."""

    outlines: list[list["Segment"]]


@dataclass(frozen=True)
class HalfCircle:
    """Half a circle to `end`, clockwise or not."""

    radius: float
    clockwise: bool
    end: Point


Segment = tuple[Point, ...] | HalfCircle


@dataclass(frozen=True)
class Circle:
    """A circle; with a width, only its line of that width around the radius."""

    centre: Point
    radius: float
    width: float = 0.0


@dataclass(frozen=True)
class Ellipse:
    """An ellipse, turned clockwise by degrees."""

    centre: Point
    radii: tuple[float, float]
    degrees: float = 0.0


@dataclass(frozen=True)
class Rectangle:
    """A rectangle with round corners of a radius, turned clockwise by degrees around its centre.

    With a width, only its line of that width.
    """

    corner: Point
    size: tuple[float, float]
    radius: float = 0.0
    degrees: float = 0.0
    width: float = 0.0


@dataclass(frozen=True)
class Shape:
    """An element with its geometry and its paint."""

    paint: Paint
    form: Path | Circle | Ellipse | Rectangle


@dataclass(frozen=True)
class Drawing:
    """A finished SVG and what it consists of."""

    svg: str
    path_count: int
    colour_count: int

    @property
    def byte_count(self) -> int:
        return len(self.svg.encode())


def write(shapes: Sequence[Shape], canvas: tuple[int, int], size: tuple[int, int]) -> Drawing:
    """Write shapes as an SVG.

    Args:
        shapes: in painting order.
        canvas: width and height of the image that their points lie on.
        size: the logo's own width and height, in pixels, as the file's default size.
    """
    body: list[str] = []
    gradients: dict[str, str] = {}
    colours: set[str] = set()
    last = ""
    for shape in shapes:
        value, opacity = _paint(shape.paint, gradients, colours)
        if isinstance(shape.form, Path):
            data = "".join(_outline(outline) for outline in shape.form.outlines)
            opening = f'<path fill="{value}"{_opacity("fill", opacity)} d="'
            if opening == last:
                # Neighbours of one paint become one path: they are painted in a row anyway.
                body[-1] = body[-1].removesuffix('"/>') + f'{data}"/>'
            elif data:
                body.append(f'{opening}{data}"/>')
                last = opening
            continue
        body.append(_plain_shape(shape.form, value, opacity))
        last = ""
    defs = "".join(element.replace(" ", f' id="{name}" ', 1) for element, name in gradients.items())
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {canvas[0]} {canvas[1]}">'
        f"{f'<defs>{defs}</defs>' if defs else ''}{''.join(body)}</svg>\n"
    )
    return Drawing(svg, len(body), len(colours))


def _paint(paint: Paint, gradients: dict[str, str], colours: set[str]) -> tuple[str, float]:
    """Return a paint as an attribute's value, and its opacity; collect what it consists of."""
    if isinstance(paint, Flat):
        colours.add(_hex(paint.colour))
        return _hex(paint.colour), paint.opacity
    colours.update(_hex(stop.colour) for stop in paint.stops)
    element = _gradient(paint)
    return f"url(#{gradients.setdefault(element, f'g{len(gradients)}')})", 1.0


def _opacity(name: str, value: float) -> str:
    return "" if value >= 1 else f' {name}-opacity="{value:.3g}"'


def _plain_shape(form: Circle | Ellipse | Rectangle, value: str, opacity: float) -> str:
    painted = f'fill="{value}"{_opacity("fill", opacity)}'
    if isinstance(form, Circle | Rectangle) and form.width:
        painted = (
            f'fill="none" stroke="{value}"{_opacity("stroke", opacity)} '
            f'stroke-width="{_n(form.width)}"'
        )
    match form:
        case Circle((x, y), radius):
            return f'<circle {painted} cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>'
        case Ellipse((x, y), (across, down), degrees):
            return (
                f'<ellipse {painted} cx="{_n(x)}" cy="{_n(y)}" rx="{_n(across)}" ry="{_n(down)}"'
                f"{_turned(degrees, x, y)}/>"
            )
        case Rectangle((x, y), (width, height), radius, degrees):
            place = (f' x="{_n(x)}"' if _n(x) != "0" else "") + (
                f' y="{_n(y)}"' if _n(y) != "0" else ""
            )
            corners = f' rx="{_n(radius)}"' if radius else ""
            turn = _turned(degrees, x + width / 2, y + height / 2)
            size = f' width="{_n(width)}" height="{_n(height)}"'
            return f"<rect {painted}{place}{size}{corners}{turn}/>"


def _turned(degrees: float, x: float, y: float) -> str:
    return f' transform="rotate({degrees:.4g} {_n(x)} {_n(y)})"' if degrees else ""


def _hex(colour: Colour) -> str:
    text = "{:02x}{:02x}{:02x}".format(*colour)
    return f"#{text[::2]}" if text[::2] == text[1::2] else f"#{text}"


def _gradient(gradient: Gradient) -> str:
    """Write a gradient without its id."""
    stops = "".join(
        f'<stop offset="{stop.offset:.3g}" stop-color="{_hex(stop.colour)}"'
        f"{_opacity('stop', stop.opacity)}/>"
        for stop in gradient.stops
    )
    if gradient.matrix is not None:
        matrix = " ".join(f"{value:.5g}" for value in gradient.matrix)
        return (
            '<radialGradient gradientUnits="userSpaceOnUse" cx="0" cy="0" r="1" '
            f'gradientTransform="matrix({matrix})">{stops}</radialGradient>'
        )
    (x, y), (x2, y2) = gradient.start, gradient.end
    return (
        f'<linearGradient gradientUnits="userSpaceOnUse" x1="{_n(x)}" y1="{_n(y)}" '
        f'x2="{_n(x2)}" y2="{_n(y2)}">{stops}</linearGradient>'
    )


def _n(value: float) -> str:
    """Write a number of pixels."""
    return _number(round(value * _PLACES))


def _number(steps: int) -> str:
    """Write a number of steps as pixels, as short as it can be."""
    whole, part = divmod(abs(steps), _PLACES)
    text = f"{whole}.{part:02d}".rstrip("0").rstrip(".") if part else str(whole)
    if whole == 0 and part:
        text = text[1:]
    return f"-{text}" if steps < 0 else text


def _outline(outline: list[Segment]) -> str:
    """Write an outline: absolute start, relative steps, whole hundredths that cannot drift."""
    at = start = _rounded(outline[0][0])
    written = f"M{_join(start)}"
    last = ""
    for index, segment in enumerate(outline[1:], start=2):
        if isinstance(segment, HalfCircle):
            end = _rounded(segment.end)
            step = (end[0] - at[0], end[1] - at[1])
            # One that is a hundredth too large would move the middle of a large circle by a pixel;
            # renderers enlarge one that is too small.
            radius = _number(min(round(segment.radius * _PLACES), int(hypot(*step) / 2)))
            written += f"a{radius} {radius} 0 0 {int(segment.clockwise)} {_join(step)}"
            at, last = end, "a"
            continue
        points = [_rounded(point) for point in segment]
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


def _rounded(point: Point) -> tuple[int, int]:
    return round(point[0] * _PLACES), round(point[1] * _PLACES)


def _join(numbers: Sequence[int]) -> str:
    """Write steps with no more between them than path data needs."""
    return " ".join(_number(number) for number in numbers).replace(" -", "-")
