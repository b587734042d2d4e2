"""Drawings of images of drawings, and how far they are off."""

import io
import re

import numpy as np
from PIL import Image

from converter.fidelity import render
from converter.images import Logo
from converter.presets import PRESETS
from converter.tracing import trace

SIDE = 128
ENLARGED = 8  # times, for a look at outlines
_SVG = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" width="{{0}}" '
    f'height="{{0}}"><rect width="{SIDE}" height="{SIDE}" fill="#fff"/>{{1}}</svg>'
)


def drawn(body, jpeg=False, preset="text"):
    """The drawing of an image of a drawing on white."""
    image = render(_SVG.format(SIDE, body), SIDE)
    if jpeg:
        file = io.BytesIO()
        image.convert("RGB").save(file, "JPEG", quality=60)
        image = Image.open(file).convert("RGBA")
    return trace(Logo(image, SIDE, SIDE, lossy=jpeg), PRESETS[preset]).svg


def commands(svg):
    """The letters of the only path."""
    (path,) = re.findall(r' d="([^"]*)"', svg)
    return re.sub(r"[^a-z]", "", path.lower())


def wrong(svg, body):
    """The area in which a drawing differs from what was uploaded, in pixels of the upload."""
    side = SIDE * ENLARGED
    enlarged = re.sub(r'width="\d+" height="\d+"', f'width="{side}" height="{side}"', svg, count=1)
    pictures = (render(enlarged, side), render(_SVG.format(side, body), side))
    one, other = (np.asarray(picture.convert("L"), int) for picture in pictures)
    return np.abs(one - other).sum() / 255 / ENLARGED**2
