"""Reading a logo that a stranger sent: what the converter wants of it, and how large it may be."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from classifier.images import DecoderBusyError, ImageError
from classifier.images.guarded import read_picture
from classifier.images.guarded import read_size as read_header_size
from classifier.images.reading import Wanted, resize

__all__ = [
    "DecoderBusyError",
    "Logo",
    "RefusedImageError",
    "read_logo",
    "read_size",
    "resize",
    "to_png",
]

MIN_SIDE = 16
MAX_SIDE = 8_000
MIN_SHORT_SIDE = 4


class RefusedImageError(Exception):
    """The file cannot be converted. The message says why, and what to do."""


@dataclass(frozen=True)
class Logo:
    """An image that was read.

    Attributes:
        image: mode RGBA, upright, sRGB; perhaps smaller than the file's own size.
        width: of the file's image, upright, in pixels.
        height: likewise.
        lossy: True where the format's noise has to be expected (JPEG, lossy WebP).
        animated: True if the file holds more frames than the one that was read.
    """

    image: Image.Image
    width: int
    height: int
    lossy: bool
    animated: bool = False

    @property
    def transparent(self) -> bool:
        """True if any pixel is not opaque."""
        return self.image.getchannel("A").getextrema()[0] < 255


def read_logo(source: bytes | Path, side: int, wait_seconds: float | None = None) -> Logo:
    """Read the first frame of an image.

    Args:
        source: the file's content or its path.
        side: an image whose long side is more than this is scaled down to it.
        wait_seconds: how long to wait for a decoder; by default as long as a visitor would.

    Raises:
        RefusedImageError: if it is no image of a known format, is damaged, too small or too large.
        DecoderBusyError: if too many images are being read.
    """
    try:
        found = read_picture(source, Wanted(MAX_SIDE**2, side, side), wait_seconds)
    except DecoderBusyError:
        raise
    except ImageError as error:
        raise RefusedImageError(str(error)) from error
    _check_size(found.width, found.height)
    return Logo(found.image, found.width, found.height, found.lossy, found.animated)


def read_size(source: bytes) -> tuple[int, int]:
    """Return an image's width and height as its header gives them, without decoding it.

    Raises:
        RefusedImageError: if it is no image of a known format, too small or too large.
        DecoderBusyError: if too many images are being read.
    """
    try:
        width, height = read_header_size(source, MAX_SIDE**2)
    except DecoderBusyError:
        raise
    except ImageError as error:
        raise RefusedImageError(str(error)) from error
    _check_size(width, height)
    return width, height


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE:
        raise RefusedImageError(
            f"The image has {width:,} x {height:,} px; at most {MAX_SIDE:,} px a side can be "
            "converted. Send a smaller version."
        )
    if max(width, height) < MIN_SIDE or min(width, height) < MIN_SHORT_SIDE:
        raise RefusedImageError(
            f"The image has only {width} x {height} px; a logo needs at least {MIN_SIDE} px on its "
            f"long side and {MIN_SHORT_SIDE} px on its short one. Send a larger version."
        )


def to_png(image: Image.Image) -> bytes:
    """Return an image as a PNG file without any metadata."""
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(image)).save(buffer, "PNG")
    return buffer.getvalue()
