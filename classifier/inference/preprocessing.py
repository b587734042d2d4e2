"""From an image file to a model's input. Training's validation transform is this one, too."""

import numpy as np
from PIL import Image, ImageChops, ImageColor

from classifier.images import ImageTooLargeError, UnreadableImageError
from classifier.images.reading import read_image

__all__ = ["ImageTooLargeError", "UnreadableImageError", "compose", "prepare", "read_image"]

_BACKGROUNDS = ("#ffffff", "#111418", "#808080")
_NEAR = 80.0  # RGB distance under which ink is hard to see on a background
_OPAQUE = 128  # alpha from which a pixel counts as ink
_SAMPLE_SIDE = 128  # contrast is judged on about so many pixels a side

# Big images are averaged down to this many times the size before the finer filter: a third of the
# time for hardly another picture.
_REDUCING_GAP = 1.0

# Differences from the border's colour that make ink. JPEG's noise on a flat border stays under the
# first; the second is for marks so faint that nothing passes the first.
_INK_TABLES = tuple([255 * (value > least) for value in range(256)] * 3 for least in (24, 6))


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
    ink = seen.crop(box).resize(fitted, Image.Resampling.BICUBIC, reducing_gap=_REDUCING_GAP)
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
    sample = (max(1, image.width // factor), max(1, image.height // factor))
    pixels = np.asarray(image.resize(sample, Image.Resampling.NEAREST))
    ink = np.pad(pixels[..., 3] >= _OPAQUE, 1)
    inner = ink[:-2, 1:-1] & ink[2:, 1:-1] & ink[1:-1, :-2] & ink[1:-1, 2:]
    return pixels[ink[1:-1, 1:-1] & ~inner][:, :3].astype(np.float32)


def _border_colour(image: Image.Image) -> tuple[int, ...]:
    """Return the median colour of the outermost pixels."""
    width, height = image.size
    sides = ((0, 0, 1, height), (width - 1, 0, width, height))
    edges = ((0, 0, width, 1), (0, height - 1, width, height), *sides)
    frame = np.concatenate([np.asarray(image.crop(edge)).reshape(-1, 3) for edge in edges])
    middle = len(frame) // 2
    return tuple(np.partition(frame, middle, axis=0)[middle].tolist())


def _ink_box(image: Image.Image, border: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Return the box (left, top, right, bottom) of what differs from the border's colour."""
    difference = ImageChops.difference(image, Image.new("RGB", image.size, border))
    for table in _INK_TABLES:
        box = difference.point(table).getbbox()
        if box:
            return box
    return None
