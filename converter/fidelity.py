"""How near an SVG comes to the upload: rendered again and compared, pixel by pixel.

There is no vector truth to compare with. What an upload does tell is how much of each pixel on an
outline is covered: outlines that are off by a tenth of a pixel, as stairs are, change a tenth of
the step between their colours, and count as different where that shows.
"""

import io
import re
from dataclasses import dataclass
from functools import reduce

import numpy as np
from PIL import Image

from classifier.images.drawings import render_png
from converter.colours import ciede2000, to_lab
from converter.images import resize

_SIDE = 512  # both are compared at no more than this
# A mark that vanishes on one of the two shows on the other.
_BACKGROUNDS = (255, 24)
_AT_MOST = 6_000  # pixels of outlines and of areas that are looked at, evenly taken
# CIEDE2000 from which a pixel looks different. Renderers do not agree on how much of an outline's
# pixels is covered: two good ones differ by up to 10 there.
_DIFFERENT_OUTLINE = 10.0
_DIFFERENT_AREA = 4.0
_OUTLINE = 32  # step between neighbours, in a channel, from which there is an outline
_SECONDS = 3.0  # of CPU: what takes longer at this size is of use to nobody


@dataclass(frozen=True)
class Likeness:
    """How alike a drawing and its upload are.

    Attributes:
        fidelity: share of the pixels that look the same, 0 to 1: of those on outlines or of all
            others, whichever share is lower, so that a large ground hides nothing.
        colour: mean difference of the colours, CIEDE2000. From about 2 on it is seen.
    """

    fidelity: float
    colour: float


def fidelity(svg: str, image: Image.Image, seconds: float | None = None) -> float:
    """Return the share of an RGBA image's pixels that look the same in an SVG's rendering, 0 to 1.

    Raises:
        ValueError: if the SVG cannot be rendered.
    """
    return likeness(svg, image, seconds).fidelity


def likeness(svg: str, image: Image.Image, seconds: float | None = None) -> Likeness:
    """Compare an SVG's rendering with an RGBA image.

    A transparent image is compared on a light and on a dark ground; the worse one counts.

    Raises:
        ValueError: if the SVG cannot be rendered.
    """
    target = resize(image, _SIDE) if max(image.size) > _SIDE else image
    rendering = render(svg, max(target.size), seconds)
    if rendering.size != target.size:  # a pixel of rounding on the short side
        rendering = rendering.resize(target.size, Image.Resampling.BICUBIC)
    opaque = target.getchannel("A").getextrema()[0] == 255
    grounds = _BACKGROUNDS[:1] if opaque else _BACKGROUNDS
    found = [_alike(_on(rendering, ground), _on(target, ground)) for ground in grounds]
    return Likeness(min(each.fidelity for each in found), max(each.colour for each in found))


def _alike(drawing: np.ndarray, upload: np.ndarray) -> Likeness:
    """Compare two uint8 [H, W, 3] images."""
    outline = _outlines(drawing, upload).ravel()
    colours = drawing.reshape(-1, 3), upload.reshape(-1, 3)
    shares, total = [], 0.0
    for chosen, limit in ((outline, _DIFFERENT_OUTLINE), (~outline, _DIFFERENT_AREA)):
        places = np.flatnonzero(chosen)
        if len(places):
            taken = places[:: -(-len(places) // _AT_MOST)]
            differences = _differences(*(each[taken] for each in colours))
            shares.append(float((differences <= limit).mean()))
            total += float(differences.mean()) * len(places)
    return Likeness(min(shares), total / len(outline))


def _differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the differences of colours, uint8 [N, 3] each."""
    differences = np.zeros(len(first), np.float32)
    changed = (first != second).any(axis=1)
    labs = [to_lab(colours[changed]).astype(np.float32) for colours in (first, second)]
    differences[changed] = ciede2000(*labs)
    return differences


def _outlines(*images: np.ndarray) -> np.ndarray:
    """Return bool [H, W]: True where neighbours in one of the images differ by a clear step."""
    import cv2  # a process that only classifies never loads it

    from converter.vectorizer.colours import highest

    kernel = np.ones((3, 3), np.uint8)
    steps = [cv2.subtract(cv2.dilate(image, kernel), cv2.erode(image, kernel)) for image in images]
    return reduce(cv2.max, map(highest, steps)) >= _OUTLINE


def render(svg: str, side: int, seconds: float | None = None) -> Image.Image:
    """Render an SVG of our own with its long side at `side` pixels. Mode RGBA.

    `seconds` is how long that may take by the clock.

    Raises:
        ValueError: if it cannot be rendered.
    """
    width, height = (int(value) for value in re.findall(r'(?:width|height)="(\d+)"', svg)[:2])
    # The renderer keeps the aspect if only one side is named.
    sides = {"width": side} if width >= height else {"height": side}
    png = render_png(svg, _SECONDS, seconds, **sides)
    return Image.open(io.BytesIO(png)).convert("RGBA")


def _on(image: Image.Image, gray: int) -> np.ndarray:
    canvas = Image.new("RGB", image.size, (gray, gray, gray))
    canvas.paste(image, mask=image.getchannel("A"))
    return np.asarray(canvas)
