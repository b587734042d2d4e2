"""The way up of an image, as its EXIF data tells."""

import struct

from PIL import Image

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = frozenset(_TURNS[number] for number in (5, 6, 7, 8))
_BROKEN = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, struct.error)


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """Return how to turn an image upright; None if it is, or if nothing readable says so."""
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except _BROKEN:
        return None
