"""EPS: PostScript of level 3 with outlines, flat colours and gradients as shadings.

PostScript has no transparency: what is half transparent is mixed with white here.
"""

import itertools

from converter.outputs.picture import Colour, Contour, Gradient, Part, Picture, Point, Stop

_POINTS = 0.75  # of a pixel, as in CSS: 96 pixels and 72 points are an inch
_INVISIBLE = 0.02  # an opacity below which nothing is painted
_STEPS = 8  # between two stops whose opacity differs: mixed with white they are no straight line

# Short names keep the file small; a quarter of it would be operators otherwise.
_PROLOGUE = """/m/moveto load def/l/lineto load def/c/curveto load def/z/closepath load def
/k/setrgbcolor load def/f/fill load def/e/eofill load def/s/stroke load def
"""


def write_eps(picture: Picture, title: str = "") -> bytes:
    """Return an EPS file as large as the logo."""
    width, height = picture.width * _POINTS, picture.height * _POINTS
    plain = title.encode("ascii", "replace").decode().replace("\n", " ")[:120]
    header = (
        "%!PS-Adobe-3.0 EPSF-3.0\n"
        f"%%BoundingBox: 0 0 {-(-width // 1):.0f} {-(-height // 1):.0f}\n"
        f"%%HiResBoundingBox: 0 0 {width:.4f} {height:.4f}\n"
        f"%%Title: {plain or 'logo'}\n%%Creator: Logo to SVG\n%%LanguageLevel: 3\n"
        "%%Pages: 1\n%%EndComments\n%%Page: 1 1\n"
        "gsave 10 dict begin\n"
    )
    # What lies outside of the picture is cut off, as in an SVG; y grows downwards.
    frame = (
        f"0 0 {width:.4f} {height:.4f} rectclip\n"
        f"0 {height:.4f} translate {_POINTS} -{_POINTS} scale\n"
    )
    body = "".join(_painted(part) for part in picture.parts)
    return (header + _PROLOGUE + frame + body + "end grestore\n%%EOF\n").encode("ascii")


def _painted(part: Part) -> str:
    outline = "".join(_contour(contour) for contour in part.contours)
    written = ""
    if isinstance(part.fill, Gradient):
        clip = "eoclip" if part.even_odd else "clip"
        written = f"gsave\n{outline}{clip} newpath\n{_shading(part.fill, part.opacity)}grestore\n"
    elif part.fill is not None and part.opacity >= _INVISIBLE:
        fill = "e" if part.even_odd else "f"
        written = f"{_colour(_mixed(part.fill, part.opacity))} k\n{outline}{fill}\n"
    if part.stroke is not None and part.stroke_opacity >= _INVISIBLE:
        colour = _colour(_mixed(part.stroke, part.stroke_opacity))
        written += f"{colour} k {part.stroke_width:.4f} setlinewidth\n{outline}s\n"
    return written


def _contour(contour: Contour) -> str:
    lines = [f"{_pair(contour.start)} m"]
    for segment in contour.segments:
        lines.append(" ".join(map(_pair, segment)) + (" c" if len(segment) == 3 else " l"))
    if contour.closed:
        lines.append("z")
    return "\n".join(lines) + "\n"


def _shading(gradient: Gradient, opacity: float) -> str:
    """Paint a gradient over the present clip, in the gradient's own units."""
    (x, y), end = gradient.start, gradient.end
    if end is None:
        kind, place = 3, f"{x:.4f} {y:.4f} 0 {x:.4f} {y:.4f} {gradient.radius:.4f}"
    else:
        kind, place = 2, f"{x:.4f} {y:.4f} {end[0]:.4f} {end[1]:.4f}"
    matrix = " ".join(f"{value:.8g}" for value in gradient.matrix)
    return (
        f"[{matrix}] concat\n<</ShadingType {kind}/ColorSpace/DeviceRGB/Coords[{place}]"
        f"/Extend[true true]/Function {_function(gradient.stops, opacity)}>>shfill\n"
    )


def _function(stops: tuple[Stop, ...], opacity: float) -> str:
    """Write the colours along a gradient: one piece between each two stops."""
    if stops[0].offset > 0:
        stops = (Stop(0.0, stops[0].colour, stops[0].opacity), *stops)
    if stops[-1].offset < 1:
        stops = (*stops, Stop(1.0, stops[-1].colour, stops[-1].opacity))
    steps = [
        step
        for first, second in itertools.pairwise(stops)
        if second.offset > first.offset
        for step in _divided(first, second)
    ]
    pieces = [
        f"<</FunctionType 2/Domain[0 1]/N 1/C0[{_colour(_seen(first, opacity))}]"
        f"/C1[{_colour(_seen(second, opacity))}]>>"
        for first, second in steps
    ]
    if len(pieces) == 1:
        return pieces[0]
    bounds = " ".join(f"{first.offset:g}" for first, _ in steps[1:])
    return (
        f"<</FunctionType 3/Domain[0 1]/Bounds[{bounds}]/Encode[{'0 1 ' * len(pieces)}]"
        f"/Functions[{''.join(pieces)}]>>"
    )


def _divided(first: Stop, second: Stop) -> list[tuple[Stop, Stop]]:
    if first.opacity == second.opacity:
        return [(first, second)]
    stops = [_between(first, second, step / _STEPS) for step in range(_STEPS + 1)]
    return list(itertools.pairwise(stops))


def _between(first: Stop, second: Stop, share: float) -> Stop:
    def mean(low: float, high: float) -> float:
        return low + (high - low) * share

    red, green, blue = map(round, map(mean, first.colour, second.colour))
    offset = mean(first.offset, second.offset)
    return Stop(offset, (red, green, blue), mean(first.opacity, second.opacity))


def _seen(stop: Stop, opacity: float) -> Colour:
    return _mixed(stop.colour, stop.opacity * opacity)


def _mixed(colour: Colour, opacity: float) -> Colour:
    red, green, blue = (round(255 + (channel - 255) * opacity) for channel in colour)
    return red, green, blue


def _colour(colour: Colour) -> str:
    return " ".join(f"{channel / 255:.4g}" for channel in colour)


def _pair(point: Point) -> str:
    return f"{point[0]:.3f} {point[1]:.3f}"
