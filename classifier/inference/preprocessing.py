"""From an image file to a model's input. Training's validation transform is this one, too."""

import numpy as np
from PIL import Image, ImageChops, ImageColor

from classifier.images import ImageTooLargeError, UnreadableImageError
from classifier.images.reading import read_image

__all__ = ["ImageTooLargeError", "UnreadableImageError", "compose", "prepare", "read_image"]

_BACKGROUNDS = ("#ffffff", "#111418", "#808080")
_NEAR = 80.0  # RGB distance under which ink is hard to see on a background
_OPAQUE = 128  # alpha from which a pixel counts as ink
_SAMPLE_SIDE = 128  # contrast is judged on a small copy

# Differences from the border's colour that make ink. JPEG's noise on a flat border stays under the
# first; the second is for marks so faint that nothing passes the first.
_INK_TOLERANCES = (24, 6)


def compose(image: Image.Image, background: str | None = None) -> np.ndarray:
    """Return an RGBA image as it is seen on a background: uint8 [H, W, 3], RGB.

    Args:
        image: of mode RGBA.
        background: `#rrggbb`; None picks one on which the outline of the ink can be seen.
    """
    return np.asarray(_composed(image, background))


def prepare(image: Image.Image, size: int, background: str | None = None) -> np.ndarray:
    """Return an RGBA image as a model's input: uint8 [size, size, 3], RGB.

    Composes, trims the uniform border, keeps the aspect, and pads to a square with the border's
    colour, so that a mark and the same mark with more room around it give the same array.

    Args:
        image: of mode RGBA.
        size: side of the square, in pixels.
        background: see `compose`.
    """
    seen = _composed(image, background)
    border = _border_colour(seen)
    box = _ink_box(seen, border) or (0, 0, *seen.size)
    width, height = box[2] - box[0], box[3] - box[1]
    scale = size / max(width, height)
    fitted = (max(1, round(width * scale)), max(1, round(height * scale)))
    ink = seen.crop(box).resize(fitted, Image.Resampling.BICUBIC, reducing_gap=2.0)
    square = Image.new("RGB", (size, size), border)
    square.paste(ink, ((size - fitted[0]) // 2, (size - fitted[1]) // 2))
    return np.asarray(square)


def _composed(image: Image.Image, background: str | None) -> Image.Image:
    alpha = image.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return image.convert("RGB")
    canvas = Image.new("RGB", image.size, background or _contrasting_background(image))
    canvas.paste(image, mask=alpha)
    return canvas


def _contrasting_background(image: Image.Image) -> str:
    """Choose the background that hides least of the ink where it meets transparency."""
    outline = _outline_colours(image)
    hidden = {}
    for colour in _BACKGROUNDS:
        distances = np.linalg.norm(outline - np.array(ImageColor.getrgb(colour)), axis=1)
        hidden[colour] = float((distances < _NEAR).mean()) if len(outline) else 0.0
        if hidden[colour] < 0.03:
            return colour
    return min(hidden, key=lambda colour: hidden[colour])


def _outline_colours(image: Image.Image) -> np.ndarray:
    """Return the colours of the ink next to transparency, float32 [N, 3]."""
    factor = max(1, max(image.size) // _SAMPLE_SIDE)
    pixels = np.asarray(image.reduce(factor))
    ink = np.pad(pixels[..., 3] >= _OPAQUE, 1)
    inner = ink[:-2, 1:-1] & ink[2:, 1:-1] & ink[1:-1, :-2] & ink[1:-1, 2:]
    return pixels[ink[1:-1, 1:-1] & ~inner][:, :3].astype(np.float32)


def _border_colour(image: Image.Image) -> tuple[int, ...]:
    """Return the median colour of the outermost pixels."""
    pixels = np.asarray(image)
    frame = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return tuple(int(value) for value in np.median(frame, axis=0))


def _ink_box(image: Image.Image, border: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Return the box (left, top, right, bottom) of what differs from the border's colour."""
    red, green, blue = ImageChops.difference(image, Image.new("RGB", image.size, border)).split()
    difference = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    for tolerance in _INK_TOLERANCES:
        ink = difference.point([255 * (value > tolerance) for value in range(256)])
        box = ink.getbbox()
        if box:
            return box
    return None
