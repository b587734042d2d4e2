"""From SVG text to pixels."""

import hashlib
import io
import re

import numpy as np
import resvg_py
from defusedxml import ElementTree
from PIL import Image

LONG_SIDE = 256  # pixels: the size at which people see a logo

# One-colour sets leave the colour open; half of them stay black.
_OPEN_COLOURS = (*["#000000"] * 6, "#d4322c", "#1f6feb", "#0f8a5f", "#7a3fd0", "#e0731d", "#0b2545")
_IMAGE_ELEMENT = re.compile(r"<(\w+:)?(image|foreignObject|script)\b")
_VIEW_BOX = re.compile(r"viewBox=[\"']\s*" + r"[\s,]+".join([r"(-?[\d.]+)"] * 4))
_NUMBER = re.compile(r"[\d.]+")


class UnusableSvgError(ValueError):
    """An SVG that cannot be rendered to a logo. The message is a short reason."""


def render(svg: str, long_side: int = LONG_SIDE) -> np.ndarray:
    """Render SVG text to uint8 RGBA [height, width, 4] whose longer side is `long_side` pixels.

    Raises:
        UnusableSvgError: if it is broken, empty, or holds a raster image.
    """
    if _IMAGE_ELEMENT.search(svg):
        raise UnusableSvgError("embedded raster image")
    width, height = _size(svg)
    try:
        png = resvg_py.svg_to_bytes(
            svg_string=with_colour(svg),
            skip_system_fonts=True,
            width=long_side if width >= height else None,
            height=None if width >= height else long_side,
        )
    except ValueError as error:
        raise UnusableSvgError("broken SVG") from error
    image = np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))
    if (image[..., 3] > 128).sum() < 50:
        raise UnusableSvgError("empty drawing")
    return image


def _size(svg: str) -> tuple[float, float]:
    try:
        root = ElementTree.fromstring(svg)
    except (ElementTree.ParseError, ValueError) as error:
        raise UnusableSvgError("broken SVG") from error
    box = _NUMBER.findall(root.get("viewBox", ""))
    sizes = box[2:4] if len(box) == 4 else [root.get("width", ""), root.get("height", "")]
    found = [_NUMBER.match(size) for size in sizes]
    if not all(found):
        raise UnusableSvgError("no size")
    width, height = (float(match.group()) for match in found)
    if min(width, height) <= 0 or max(width, height) / min(width, height) > 20:
        raise UnusableSvgError("no size")
    return width, height


def view_box(svg: str) -> tuple[float, float, float, float] | None:
    """Return what an SVG shows of its plane: x, y, width, height. None where it does not say."""
    box = _VIEW_BOX.search(svg)
    return tuple(float(value) for value in box.groups()) if box else None


def with_colour(svg: str) -> str:
    """Give a drawing that leaves its colour open one that depends on its content alone."""
    if "currentColor" not in svg:
        return svg
    digest = hashlib.sha256(svg.encode()).digest()
    return svg.replace("currentColor", _OPEN_COLOURS[digest[0] % len(_OPEN_COLOURS)])
