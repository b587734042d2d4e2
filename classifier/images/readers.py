"""The formats that are read: what a pixel of each costs, and which are harmless when small.

A format that is not in the registry is not read, whatever Pillow knows.
"""

import re
from dataclasses import dataclass

from PIL import Image

_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_SCAN, _END = 0xDA, 0xD9
_FIRST_WITH_LENGTH = 0xC0
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length: TEM, RST0-7, SOI


@dataclass(frozen=True)
class Reader:
    """How one format is read.

    Attributes:
        pixel_bytes: what decoding takes for a pixel at least, whatever the mode.
        scaled: whether the decoder can give a smaller image at once, which costs less.
        quick: whether its time depends on the number of pixels alone, so that a small image may be
            decoded in the process that answers requests.
    """

    pixel_bytes: float = 2
    scaled: bool = False
    quick: bool = False


READERS: dict[str, Reader] = {
    "PNG": Reader(quick=True),
    "JPEG": Reader(pixel_bytes=0.5, scaled=True, quick=True),
    "MPO": Reader(pixel_bytes=0.5, scaled=True),  # a JPEG with more pictures behind the first
    "WEBP": Reader(pixel_bytes=16.5, quick=True),  # its decoder keeps two canvases and a copy
    "GIF": Reader(quick=True),
    "BMP": Reader(),  # run lengths are expanded by a program in Python
    "TIFF": Reader(pixel_bytes=4.5),  # strips and tiles of any compression
}
FORMATS = tuple(name for name in READERS if name != "MPO")

# Bytes of a pixel while an image of a mode becomes RGBA and is averaged, as measured.
_MODES = {
    "1": 2, "L": 1.5, "P": 9.5, "PA": 12.5, "LA": 12.5, "La": 12.5, "RGBa": 12.5, "RGBA": 8.5,
    "I": 7, "F": 7,
}  # fmt: skip
_DEEP_GRAY, _KEY_COLOUR, _PLAIN = 4.5, 12.5, 4.5
_COEFFICIENT = 2  # bytes: a progressive JPEG keeps one for each pixel and channel


def memory_of(image: Image.Image, at_least: int = 0) -> int:
    """Return about how many bytes decoding an image takes, given its header.

    Args:
        image: opened, not decoded.
        at_least: the long side down to which it may be decoded smaller; 0: not at all.
    """
    reader = READERS[str(image.format)]
    width, height = image.size
    if "transparency" in image.info:
        each = _KEY_COLOUR
    elif image.mode.startswith("I;16"):
        each = _DEEP_GRAY
    else:
        each = _MODES.get(image.mode, _PLAIN)
    if reader.scaled and at_least:
        # An eighth of each side at the smallest.
        shrunk = min(8, max(1, max(width, height) // at_least))
        each /= 2 ** (2 * (shrunk.bit_length() - 1))
    coefficients = _COEFFICIENT * len(image.getbands()) if image.info.get("progressive") else 0
    return round(width * height * (max(reader.pixel_bytes, each) + coefficients))


def scans_of(content: bytes, most: int) -> int:
    """Count a JPEG's scans, at most one more than `most`: after those nobody goes on counting.

    What is not well-formed is counted too often rather than too seldom.
    """
    found, position = 0, 0
    while found <= most:
        marker = _MARKER.search(content, position)
        if marker is None:
            break
        kind, position = marker.group(1)[0], marker.end()
        if kind == _END:
            break
        if kind == _SCAN:
            found += 1
        elif kind >= _FIRST_WITH_LENGTH and kind not in _ALONE:
            position += int.from_bytes(content[position : position + 2], "big")
    return found
