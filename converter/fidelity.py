"""How near an SVG comes to the upload: rendered again and compared."""

import io
import re

import numpy as np
from PIL import Image

from converter.images import resize

_SIDE = 512  # both are compared at no more than this
# A mark that vanishes on one of the two shows on the other.
_BACKGROUNDS = (255, 24)
_WINDOW = (11, 11)
_SIGMA = 1.5
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2


def fidelity(svg: str, image: Image.Image) -> float:
    """Return the structural similarity of an SVG's rendering and an RGBA image, 0 to 1.

    A transparent image is compared on a light and on a dark ground; the lower value counts.

    Raises:
        ValueError: if the SVG cannot be rendered.
    """
    target = resize(image, _SIDE) if max(image.size) > _SIDE else image
    rendering = render(svg, max(target.size)).resize(target.size, Image.Resampling.BICUBIC)
    opaque = target.getchannel("A").getextrema()[0] == 255
    grounds = _BACKGROUNDS[:1] if opaque else _BACKGROUNDS
    similarities = [ssim(_on(rendering, ground), _on(target, ground)) for ground in grounds]
    return max(0.0, min(similarities))


def render(svg: str, side: int) -> Image.Image:
    """Render an SVG of our own with its long side at `side` pixels. Mode RGBA.

    Raises:
        ValueError: if it cannot be rendered.
    """
    import resvg_py  # a process that only classifies never loads it

    width, height = (int(value) for value in re.findall(r'(?:width|height)="(\d+)"', svg)[:2])
    # The renderer keeps the aspect if only one side is named.
    sides = {"width": side} if width >= height else {"height": side}
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, **sides)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def ssim(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean structural similarity of two uint8 [H, W, 3] images.

    Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004;
    per channel, Gaussian window of 11 pixels with sigma 1.5.
    """
    x, y = first.astype(np.float32), second.astype(np.float32)
    mean_x, mean_y = _blur(x), _blur(y)
    variance_x = _blur(x * x) - mean_x**2
    variance_y = _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    structure = (2 * covariance + _C2) / (variance_x + variance_y + _C2)
    return float((luminance * structure).mean())


def _blur(values: np.ndarray) -> np.ndarray:
    import cv2  # a process that only classifies never loads it

    return cv2.GaussianBlur(values, _WINDOW, _SIGMA)


def _on(image: Image.Image, gray: int) -> np.ndarray:
    canvas = Image.new("RGB", image.size, (gray, gray, gray))
    canvas.paste(image, mask=image.getchannel("A"))
    return np.asarray(canvas)
