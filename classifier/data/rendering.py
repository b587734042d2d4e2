"""From SVG text to pixels, in a process that can open no file and takes only so much.

An SVG that somebody sent may name files of this machine, nest until a stack ends, or ask for a
texture that takes hours: one such file costs its line in the report, and nothing else.
"""

import hashlib
import io
import re

import numpy as np
from PIL import Image

from classifier.data.svg_checks import UnusableSvgError
from classifier.images.process import CrashedError, Crew, OutOfTimeError, StalledError

__all__ = ["LONG_SIDE", "UnusableSvgError", "render", "render_flat", "view_box", "with_colour"]

LONG_SIDE = 256  # pixels: the size at which people see a logo

# One-colour sets leave the colour open; half of them stay black.
_OPEN_COLOURS = (*["#000000"] * 6, "#d4322c", "#1f6feb", "#0f8a5f", "#7a3fd0", "#e0731d", "#0b2545")
_SIZE, _POSITION = r"(\d+(?:\.\d*)?|\.\d+)", r"(-?(?:\d+(?:\.\d*)?|\.\d+))"
_VIEW_BOX = re.compile(
    r"viewBox=[\"']\s*" + r"[\s,]+".join([_POSITION, _POSITION, _SIZE, _SIZE]) + r"\s*[\"']"
)

# Builders render from one thread; whoever else does may wait.
_renderers = Crew(
    "classifier.data.renderer",
    size=1,
    waiting=1000,
    wait_seconds=600,
    wall_seconds=60,
    retire_bytes=200 * 2**20,
)


def render(svg: str, long_side: int = LONG_SIDE) -> np.ndarray:
    """Render SVG text to uint8 RGBA [height, width, 4] whose longer side is `long_side` pixels.

    Raises:
        UnusableSvgError: if it is broken, empty, or holds a raster image, or takes too much.
    """
    image = _rendered(with_colour(svg), long_side, flat=False)
    if image is None or (image[..., 3] > 128).sum() < 50:
        raise UnusableSvgError("empty drawing")
    return image


def render_flat(svg: str, long_side: int = LONG_SIDE) -> np.ndarray | None:
    """Render SVG text with every gradient in one colour; None if it has no gradient.

    Raises:
        UnusableSvgError: as `render`.
    """
    return _rendered(with_colour(svg), long_side, flat=True)


def _rendered(svg: str, long_side: int, flat: bool) -> np.ndarray | None:
    head = {"long_side": long_side, "flat": flat}
    try:
        answer, png = _renderers.ask(head, svg.encode(errors="replace"))
    except (OutOfTimeError, StalledError) as error:
        raise UnusableSvgError("takes too long to render") from error
    except CrashedError as error:
        raise UnusableSvgError("ends the renderer") from error
    if message := answer.get("error"):
        raise UnusableSvgError(message)
    if answer.get("unchanged"):
        return None
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def view_box(svg: str) -> tuple[float, float, float, float] | None:
    """Return what an SVG shows of its plane: x, y, width, height. None where it does not say."""
    box = _VIEW_BOX.search(svg)
    if box is None:
        return None
    x, y, width, height = (float(value) for value in box.groups())
    return x, y, width, height


def with_colour(svg: str) -> str:
    """Give a drawing that leaves its colour open one that depends on its content alone."""
    if "currentColor" not in svg:
        return svg
    digest = hashlib.sha256(svg.encode()).digest()
    return svg.replace("currentColor", _OPEN_COLOURS[digest[0] % len(_OPEN_COLOURS)])
