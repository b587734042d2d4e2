"""Rendering SVG files for the judge, by Cairo.

The conversion checks itself with resvg. The judge uses another renderer, so that a fault of the
one is not hidden by itself.
"""

from typing import Any
from xml.etree.ElementTree import Element, ParseError, tostring

import cv2
import numpy as np
from defusedxml import ElementTree

Size = tuple[int, int]
Colour = tuple[int, int, int]
_RECT = "{http://www.w3.org/2000/svg}rect"


class RenderingError(Exception):
    """The SVG cannot be rendered. The message says why."""


def render(svg: str, size: Size, factor: int = 1, ground: Colour | None = None) -> np.ndarray:
    """Render an SVG so that it fills `factor` times `size`, its aspect kept.

    Args:
        svg: the file's text.
        size: width and height in pixels.
        factor: pixels of the rendering for one of `size`.
        ground: the colour behind; None for nothing.

    Returns:
        uint8 [H, W, 4]: red, green, blue, alpha, the colours multiplied by alpha.

    Raises:
        RenderingError: if Cairo cannot draw it.
    """
    from cairosvg.parser import Tree
    from cairosvg.surface import PNGSurface

    if not svg:
        raise RenderingError("The SVG is empty.")
    width, height = size[0] * factor, size[1] * factor
    behind = "#{:02x}{:02x}{:02x}".format(*ground) if ground else None
    try:
        tree = Tree(bytestring=_mended(svg), unsafe=False)
        surface = PNGSurface(
            tree, None, 96, output_width=width, output_height=height, background_color=behind
        )
    except (ParseError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        raise RenderingError(f"Cairo could not draw the SVG: {error}") from error
    return _pixels(surface.cairo, width, height)


def _mended(svg: str) -> bytes:
    """Return the file without what CairoSVG draws wrongly.

    CairoSVG 2.9 bends the round corners of rectangles by a wrong control point, half a pixel off
    for a radius of 25: they become paths with arcs.
    """
    if "<rect" not in svg or not (" rx=" in svg or " ry=" in svg):
        return svg.encode()
    root = ElementTree.fromstring(svg, forbid_dtd=False)
    for element in root.iter(_RECT):
        if "rx" in element.attrib or "ry" in element.attrib:
            _to_path(element)
    return tostring(root)


def _to_path(rect: Element) -> None:
    taken = {name: float(rect.get(name) or 0) for name in ("x", "y", "width", "height")}
    x, y, width, height = taken.values()
    rx = float(rect.get("rx") or rect.get("ry") or 0)
    ry = float(rect.get("ry") or rx)
    rx, ry = min(rx, width / 2), min(ry, height / 2)
    across, down, arc = width - 2 * rx, height - 2 * ry, f"a{rx} {ry} 0 0 1 "
    for name in (*taken, "rx", "ry"):
        rect.attrib.pop(name, None)
    rect.tag = _RECT.replace("rect", "path")
    rect.set(
        "d",
        f"M{x + rx} {y}h{across}{arc}{rx} {ry}v{down}{arc}{-rx} {ry}"
        f"h{-across}{arc}{-rx} {-ry}v{-down}{arc}{rx} {-ry}z",
    )


def _pixels(surface: Any, width: int, height: int) -> np.ndarray:
    surface.flush()
    values = np.frombuffer(surface.get_data(), np.uint8)
    rows = values.reshape(height, surface.get_stride() // 4, 4)[:, :width]
    return cv2.cvtColor(np.ascontiguousarray(rows), cv2.COLOR_BGRA2RGBA)


def shrunk(rendering: np.ndarray, factor: int) -> np.ndarray:
    """Return a rendering at 1 / `factor` of its size, each pixel the mean of those it covers."""
    height, width = rendering.shape[:2]
    return cv2.resize(rendering, (width // factor, height // factor), interpolation=cv2.INTER_AREA)


def on_ground(rendering: np.ndarray, colour: Colour) -> np.ndarray:
    """Return a rendering over a colour: uint8 [H, W, 3]."""
    if rendering[..., 3].min() == 255:
        return rendering[..., :3]
    clear = 255 - rendering[..., 3:].astype(np.uint16)
    ground = np.asarray(colour, np.uint16)
    over = rendering[..., :3] + (clear * ground + 127) // 255
    return np.minimum(over, 255).astype(np.uint8)


def straight(rendering: np.ndarray) -> np.ndarray:
    """Return a rendering as image files hold it: colours not multiplied by alpha."""
    alpha = rendering[..., 3:].astype(np.float32)
    colours = np.divide(
        rendering[..., :3] * 255.0,
        alpha,
        where=alpha > 0,
        out=np.zeros((*rendering.shape[:2], 3), np.float32),
    )
    return np.dstack([np.minimum(colours + 0.5, 255).astype(np.uint8), rendering[..., 3]])
