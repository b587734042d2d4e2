"""Logos as people upload them: framed, small and compressed, before anything prepares them.

Compression has to come first. Blocks of a JPEG lie on the grid of the file; trimming and scaling
then move and smear them, which no change of the prepared square can imitate.
"""

import io
import random
from typing import cast

import numpy as np
from PIL import Image, ImageOps

from classifier.data.backgrounds import background_for
from classifier.inference.preprocessing import compose, prepare

COPIES = 6  # of each logo
_SIDES = (40, 300)  # longer side of the file, in pixels
_LARGEST_MARGIN = 0.4  # of the longer side, on each side
_OWN_BACKGROUND = 0.6  # of the copies stay on the colour that the logo was drawn for
_UNTOUCHED = 0.15  # of the copies are what serving sees of the logo as it is
_SQUARE, _FREE = 0.5, 0.3  # of the copies are padded to a square, or as it comes
_SHADED = 0.1  # of the frames differ a little from the background
_SHADE = 24  # levels
_AGAIN = 0.25  # of the files are opened, scaled and saved once more
_PALETTE = 0.05  # of the files have few colours, as GIFs do
_JPEG, _WEBP = 0.7, 0.2  # of the files; the others lose nothing
_QUALITIES = (20, 90)
_FILTERS = (
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
    Image.Resampling.BILINEAR,
    Image.Resampling.BOX,
    Image.Resampling.HAMMING,
    Image.Resampling.NEAREST,
)


def upload_pixels(logo: Image.Image, background: str, side: int, key: str) -> np.ndarray:
    """Return a copy of a logo as serving sees an upload of it, uint8 RGB [side, side, 3].

    Args:
        logo: of mode RGBA.
        background: `#rrggbb`, the colour it was drawn for.
        side: of the square that serving prepares.
        key: names the copy; the same key gives the same copy.
    """
    rng = random.Random(key)
    if rng.random() > _OWN_BACKGROUND:
        background = background_for(np.asarray(logo), key)
    seen = Image.fromarray(compose(logo, background))
    if rng.random() > _UNTOUCHED:
        seen = as_upload(seen, rng)
    return prepare(seen.convert("RGBA"), side)


def as_upload(image: Image.Image, rng: random.Random) -> Image.Image:
    """Frame an RGB image, scale it to a size that people send, and compress it, perhaps twice."""
    image = _framed(image, rng)
    low, high = _SIDES
    side = low * (high / low) ** rng.random()
    image = _compressed(_scaled(image, side, rng), rng)
    if rng.random() < _AGAIN:
        image = _compressed(_scaled(image, side * rng.uniform(0.7, 1.3), rng), rng)
    return image


def _framed(image: Image.Image, rng: random.Random) -> Image.Image:
    kind, longer = rng.random(), max(image.size)
    if kind > _SQUARE + _FREE:
        return image
    margins = [rng.uniform(0, _LARGEST_MARGIN) ** 2 * longer for _ in range(2)]
    if kind < _SQUARE:
        width = height = round(longer + 2 * margins[0])
    else:
        width, height = (
            round(own + 2 * margin) for own, margin in zip(image.size, margins, strict=True)
        )
    colour = cast(tuple[int, ...], image.getpixel((0, 0)))  # of an RGB image
    if rng.random() < _SHADED:
        colour = tuple(level - _SHADE if level > 127 else level + _SHADE for level in colour)
    left, top = (width - image.width) // 2, (height - image.height) // 2
    return ImageOps.expand(
        image, (left, top, width - image.width - left, height - image.height - top), colour
    )


def _scaled(image: Image.Image, side: float, rng: random.Random) -> Image.Image:
    factor = side / max(image.size)
    width, height = (max(1, round(length * factor)) for length in image.size)
    return image.resize((width, height), rng.choice(_FILTERS))


def _compressed(image: Image.Image, rng: random.Random) -> Image.Image:
    if rng.random() < _PALETTE:
        return image.quantize(rng.choice((32, 64, 256))).convert("RGB")
    kind, quality, file = rng.random(), rng.randint(*_QUALITIES), io.BytesIO()
    if kind < _JPEG:
        image.save(file, "JPEG", quality=quality, subsampling=rng.choice((0, 1, 2, 2)))
    elif kind < _JPEG + _WEBP:
        image.save(file, "WEBP", quality=quality, method=2)
    else:
        return image
    return Image.open(file).convert("RGB")
