"""PDF: vector outlines, gradients as shadings, transparency as it is."""

from fpdf import FPDF
from fpdf.svg import SVGObject

from converter.outputs.picture import Colour, Gradient, Part, Picture, path_data

POINTS = 0.75  # of a pixel, as in CSS: 96 pixels and 72 points are an inch


def write_pdf(picture: Picture, title: str = "") -> bytes:
    """Return a PDF of one page, as large as the logo."""
    size = (picture.width * POINTS, picture.height * POINTS)
    document = FPDF(unit="pt", format=size)
    document.set_auto_page_break(False)
    document.set_creator("Logo to SVG")
    if title:
        document.set_title(title)
    document.add_page()
    if picture.parts:
        SVGObject(_in_points(picture)).draw_to_page(document)
    return bytes(document.output())


def _in_points(picture: Picture) -> str:
    """Write the picture as an SVG in the page's own units: those that fpdf2 scales stay right.

    A mask of a gradient's transparency keeps the units of the page, whatever the drawing's are.
    """
    gradients: list[str] = []
    body = "".join(_element(part, gradients) for part in picture.parts)
    width, height = picture.width * POINTS, picture.height * POINTS
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}pt" height="{height:g}pt" '
        f'viewBox="0 0 {width:g} {height:g}"><defs>{"".join(gradients)}</defs>{body}</svg>'
    )


def _element(part: Part, gradients: list[str]) -> str:
    fill = "none"
    if isinstance(part.fill, Gradient):
        fill = f"url(#g{len(gradients)})"
        gradients.append(_gradient(part.fill, f"g{len(gradients)}"))
    elif part.fill is not None:
        fill = _hex(part.fill)
    stroke = ""
    if part.stroke is not None:
        stroke = (
            f' stroke="{_hex(part.stroke)}" stroke-width="{part.stroke_width * POINTS:.4f}"'
            f' stroke-opacity="{part.stroke_opacity:g}"'
        )
    rule = "evenodd" if part.even_odd else "nonzero"
    return (
        f'<path fill="{fill}" fill-opacity="{part.opacity:g}" fill-rule="{rule}"{stroke} '
        f'd="{path_data(part, POINTS)}"/>'
    )


def _gradient(gradient: Gradient, name: str) -> str:
    matrix = ",".join(f"{value * POINTS:.8g}" for value in gradient.matrix)
    stops = "".join(
        f'<stop offset="{stop.offset:g}" stop-color="{_hex(stop.colour)}" '
        f'stop-opacity="{stop.opacity:g}"/>'
        for stop in gradient.stops
    )
    shared = f'id="{name}" gradientUnits="userSpaceOnUse" gradientTransform="matrix({matrix})"'
    x, y = gradient.start
    if gradient.end is None:
        place = f'cx="{x}" cy="{y}" r="{gradient.radius}"'
        return f"<radialGradient {shared} {place}>{stops}</radialGradient>"
    place = f'x1="{x}" y1="{y}" x2="{gradient.end[0]}" y2="{gradient.end[1]}"'
    return f"<linearGradient {shared} {place}>{stops}</linearGradient>"


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
