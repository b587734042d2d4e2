"""DXF for cutters and plotters: closed outlines in millimetres, a layer for each colour.

DXF has no fills that cutters read and no gradients: an outline carries the colour of its part.
Curves become polylines that are nowhere further than `TOLERANCE` from them, which every machine
reads; circles and ellipses stay what they are.
"""

import io
from collections.abc import Iterator

import ezdxf
from ezdxf import colors, units
from ezdxf.document import Drawing
from ezdxf.layouts import Modelspace
from ezdxf.math import Bezier4P, Vec2

from converter.outputs.names import colour_name
from converter.outputs.picture import Contour, Part, Picture, Point

TOLERANCE = 0.01  # millimetres
_LEAST_PIECES = 4  # of a curve, however flat


def write_dxf(picture: Picture, width_mm: float) -> bytes:
    """Return a DXF (R2010) in which the logo is `width_mm` wide; y grows upwards."""
    scale = width_mm / picture.width
    document = ezdxf.new("R2010", units=units.MM)
    space = document.modelspace()
    for part in picture.parts:
        layer = _layer(document, part)
        if part.ellipses:
            for ellipse in part.ellipses:
                _add_ellipse(space, ellipse, picture.height, scale, layer)
            continue
        for contour in part.contours:
            points = list(_flattened(contour, picture.height, scale))
            if len(points) > 1:
                space.add_lwpolyline(points, close=contour.closed, dxfattribs={"layer": layer})
    space.reset_extents((0, 0, 0), (width_mm, picture.height * scale, 0))
    buffer = io.StringIO()
    document.write(buffer)
    return buffer.getvalue().encode(document.output_encoding, "dxfreplace")


def _layer(document: Drawing, part: Part) -> str:
    """Return the name of the layer for a part's colour, made at its first use."""
    red, green, blue = part.colour
    name = f"{colour_name(part.colour)} {red:02X}{green:02X}{blue:02X}"
    if name not in document.layers:
        document.layers.add(name, true_color=colors.rgb2int(part.colour))
    return name


def _add_ellipse(
    space: Modelspace,
    ellipse: tuple[Point, float, float],
    height: float,
    scale: float,
    layer: str,
) -> None:
    (x, y), across, down = ellipse
    centre = (x * scale, (height - y) * scale)
    attributes = {"layer": layer}
    if abs(across - down) * scale < TOLERANCE:
        space.add_circle(centre, across * scale, dxfattribs=attributes)
        return
    # The long half axis, and how long the other is beside it.
    long = (across * scale, 0) if across > down else (0, down * scale)
    ratio = min(across, down) / max(across, down)
    space.add_ellipse(centre, long, max(ratio, 1e-6), dxfattribs=attributes)


def _flattened(contour: Contour, height: float, scale: float) -> Iterator[Vec2]:
    """Yield the corners of a polyline along an outline, in millimetres, none twice in a row."""

    def placed(point: Point) -> Vec2:
        return Vec2(point[0] * scale, (height - point[1]) * scale)

    at = first = placed(contour.start)
    yield at
    for index, segment in enumerate(contour.segments, start=1):
        points = [placed(point) for point in segment]
        if len(points) == 3:
            points = list(Bezier4P([at, *points]).flattening(TOLERANCE, _LEAST_PIECES))[1:]
        if contour.closed and index == len(contour.segments) and points[-1].isclose(first):
            points.pop()  # closing the outline draws this piece
        for point in points:
            if not point.isclose(at):
                yield point
            at = point
