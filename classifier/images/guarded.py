"""The door for images that strangers send: what is not harmless is decoded by another process.

At most DECODERS of them work at once for this process, under limits of CPU time and memory that the
kernel keeps; see `limits`. A small PNG, JPEG, WebP or GIF is decoded here, where that takes less
time than asking.
"""

from pathlib import Path
from typing import Any

from PIL import Image

from classifier.images import limits
from classifier.images.errors import (
    DecoderBusyError,
    ImageTooLargeError,
    UnreadableImageError,
)
from classifier.images.process import (
    CrashedError,
    Crew,
    NoRoomError,
    OutOfTimeError,
    StalledError,
)
from classifier.images.reading import Picture, Wanted, read_header, room_for
from classifier.images.reading import read_picture as read_here

decoders = Crew(
    "classifier.images.decoder",
    limits.DECODERS,
    limits.WAITING,
    limits.WAIT_SECONDS,
    limits.WALL_SECONDS,
    limits.RETIRE_BYTES,
)


def read_image(source: bytes | Path, max_pixels: int, target: int = 0) -> Image.Image:
    """Read the first frame of an image: see `reading.read_image`.

    Raises:
        UnreadableImageError: if it is no PNG, JPEG, WebP, GIF, BMP or TIFF, or damaged.
        ImageTooLargeError: if it has too many pixels, or takes too much to decode.
        DecoderBusyError: if too many images are being read.
    """
    return read_picture(source, Wanted(max_pixels, at_least=room_for(target))).image


def read_picture(
    source: bytes | Path, wanted: Wanted, wait_seconds: float | None = None
) -> Picture:
    """Read the first frame of an image.

    `wait_seconds` lets a caller without an audience wait longer for a decoder than others.

    Raises:
        See `read_image`.
    """
    content = _content(source)
    if len(content) <= limits.QUICK_BYTES and read_header(content, wanted).quick:
        return read_here(content, wanted)
    found, pixels = _ask(content, wanted, False, wait_seconds)
    image = Image.frombytes("RGBA", tuple(found["pixels"]), pixels)
    return Picture(image, found["width"], found["height"], found["lossy"], found["animated"])


def read_size(content: bytes, max_pixels: int) -> tuple[int, int]:
    """Return an image's width and height as its header gives them, without decoding it.

    Raises:
        See `read_image`.
    """
    wanted = Wanted(max_pixels, at_least=1)  # nobody decodes it yet, at whatever size
    if len(content) <= limits.QUICK_BYTES:
        header = read_header(content, wanted)
        return header.width, header.height
    found, _ = _ask(content, wanted, True, None)
    return found["width"], found["height"]


def _content(source: bytes | Path) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except OSError as error:
        raise UnreadableImageError(f"The file cannot be read: {error.strerror}.") from error


def _ask(
    content: bytes, wanted: Wanted, header_only: bool, wait_seconds: float | None
) -> tuple[dict[str, Any], bytes]:
    head = {"wanted": vars(wanted), "header_only": header_only}
    try:
        found, pixels = decoders.ask(head, content, wait_seconds)
    except (NoRoomError, StalledError) as error:
        raise DecoderBusyError from error
    except OutOfTimeError as error:
        raise ImageTooLargeError(
            f"The image takes more than {limits.CPU_SECONDS} seconds to decode. Send a smaller "
            "version."
        ) from error
    except CrashedError as error:
        raise UnreadableImageError(
            "The image is damaged, or made to do damage: it could not be decoded."
        ) from error
    if kind := found.get("error"):
        known = {"ImageTooLargeError": ImageTooLargeError}
        raise known.get(kind, UnreadableImageError)(found["message"])
    return found, pixels
