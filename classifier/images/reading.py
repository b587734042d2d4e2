"""Reading an image in this very process: limits are checked first, upright sRGB comes of it.

For files of our own, and for what `guarded` has found harmless. What strangers send goes by
`guarded`.
"""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from classifier.images import limits
from classifier.images.colours import to_srgb, without_palette
from classifier.images.errors import ImageTooLargeError, UnreadableImageError
from classifier.images.orientation import SIDEWAYS, turn_of
from classifier.images.readers import FORMATS, READERS, memory_of, scans_of

_HEAD = 4096  # bytes at the start of a file in which an SVG shows itself


@dataclass(frozen=True)
class Wanted:
    """What is wanted of an image.

    Attributes:
        max_pixels: more than this, by the file's header, is refused before decoding.
        at_least: an image may be averaged or decoded smaller as long as its long side keeps this
            many pixels. 0 keeps every pixel.
        at_most: a long side of more pixels is scaled down to this many. 0 leaves it.
    """

    max_pixels: int
    at_least: int = 0
    at_most: int = 0


@dataclass(frozen=True)
class Header:
    """What a file says about its image before it is decoded.

    Attributes:
        width: in pixels, as stored; an orientation is not applied yet.
        height: likewise.
        work: pixels that the decoder goes over, all scans together.
        quick: whether decoding it takes little time and memory for certain.
    """

    width: int
    height: int
    work: int
    quick: bool


@dataclass(frozen=True)
class Picture:
    """An image that was read.

    Attributes:
        image: the first frame, of mode RGBA, upright, in sRGB; perhaps smaller than the file's.
        width: of the file's image, upright, in pixels.
        height: likewise.
        lossy: True where the format's noise has to be expected (JPEG, WebP).
        animated: True if the file holds more frames.
    """

    image: Image.Image
    width: int
    height: int
    lossy: bool
    animated: bool


def read_image(source: bytes | Path, max_pixels: int, target: int = 0) -> Image.Image:
    """Read the first frame of an image, upright, in sRGB, as mode RGBA.

    Args:
        source: the file's content or its path.
        max_pixels: more than this, by the file's header, is refused before decoding.
        target: the side that the image will be shrunk to; lets a big one be shrunk while it is
            decoded. 0 keeps every pixel.

    Raises:
        UnreadableImageError: if it is no PNG, JPEG, WebP, GIF, BMP or TIFF, or damaged.
        ImageTooLargeError: if it has too many pixels, or takes too much to decode.
    """
    return read_picture(source, Wanted(max_pixels, at_least=room_for(target))).image


def room_for(target: int) -> int:
    """Return the side down to which an image may be shrunk that becomes a model's input."""
    return 4 * target


def read_header(source: bytes | Path, wanted: Wanted) -> Header:
    """Return what a file says about its image.

    Raises:
        UnreadableImageError: if it is no image of a known format.
        ImageTooLargeError: if it is over a limit.
    """
    with _open(source) as image:
        return _checked(image, source, wanted)


def read_picture(source: bytes | Path, wanted: Wanted) -> Picture:
    """Read the first frame of an image.

    Raises:
        UnreadableImageError: if it is no image of a known format, or damaged.
        ImageTooLargeError: if it is over a limit.
    """
    with _open(source) as image:
        _checked(image, source, wanted)
        try:
            return _decode(image, wanted)
        except MemoryError as error:
            raise ImageTooLargeError("The image needs more memory than there is.") from error
        except Exception as error:  # decoders raise anything on damaged files
            raise UnreadableImageError(
                "The image is damaged or incomplete: it could not be decoded. Save it again."
            ) from error


def _open(source: bytes | Path) -> Image.Image:
    if source == b"":
        raise UnreadableImageError("The file is empty.")
    try:
        return Image.open(
            io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS
        )
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLargeError(
            "The image is too large: it has far too many pixels. Send a smaller version."
        ) from error
    except UnidentifiedImageError as error:
        if _is_svg(source):
            raise UnreadableImageError(
                "This file holds an SVG drawing, whatever its name says. Send a PNG, JPEG, WebP, "
                "GIF, BMP or TIFF image."
            ) from error
        raise UnreadableImageError(
            "This is not a PNG, JPEG, WebP, GIF, BMP or TIFF image, or its header is damaged."
        ) from error
    except Exception as error:  # header parsers raise anything on damaged files
        if isinstance(source, Path) and isinstance(error, OSError) and error.errno:
            raise UnreadableImageError(f"The file cannot be read: {error.strerror}.") from error
        raise UnreadableImageError("The image's header is damaged. Save it again.") from error


def _is_svg(source: bytes | Path) -> bool:
    """Tell whether a file that is no image begins as an SVG does. It is never parsed."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            source = file.read(_HEAD)
    return b"<svg" in source[:_HEAD].lower()


def _checked(image: Image.Image, source: bytes | Path, wanted: Wanted) -> Header:
    width, height = image.size
    if width * height > wanted.max_pixels:
        raise ImageTooLargeError(
            f"The image has {width:,} x {height:,} pixels; at most {wanted.max_pixels:,} pixels "
            "are allowed. Send a smaller version."
        )
    if memory_of(image, wanted.at_least) > limits.PIXEL_BYTES:
        raise ImageTooLargeError(
            f"A {image.format} image of {width:,} x {height:,} pixels takes too much memory to "
            "decode. Send a smaller version."
        )
    content = source if isinstance(source, bytes) else b""
    scans = 1
    if image.format in ("JPEG", "MPO") and content:
        scans = scans_of(content, limits.SCANS)
        if scans > limits.SCANS:
            raise ImageTooLargeError(
                f"The JPEG goes over its pixels more than {limits.SCANS} times (scans), which "
                "takes too long to decode. Save it again, as a baseline JPEG or as a PNG."
            )
    work = width * height * max(1, scans)
    profile = image.info.get("icc_profile") or b""
    quick = (
        READERS[str(image.format)].quick
        and work <= limits.QUICK_PIXELS
        and len(profile) <= limits.QUICK_PROFILE_BYTES
    )
    return Header(width, height, work, quick)


def _decode(image: Image.Image, wanted: Wanted) -> Picture:
    width, height = image.size
    animated = bool(getattr(image, "is_animated", False))
    lossy = image.format in ("JPEG", "MPO", "WEBP")
    if wanted.at_least and READERS[str(image.format)].scaled:
        # The decoder itself halves big photographs, which saves most of their memory and time.
        side = max(image.size)
        draft_width, draft_height = (
            max(1, length * wanted.at_least // side) for length in image.size
        )
        image.draft(image.mode, (draft_width, draft_height))
    image.load()
    turn = turn_of(image)
    profile = image.info.get("icc_profile")
    plain = without_palette(image)
    if wanted.at_least and max(plain.size) >= 2 * wanted.at_least:
        plain = plain.reduce(max(plain.size) // wanted.at_least)
    rgba = to_srgb(plain, profile)
    if wanted.at_most and max(rgba.size) > wanted.at_most:
        rgba = resize(rgba, wanted.at_most)
    if turn is not None:
        rgba = rgba.transpose(turn)
        if turn in SIDEWAYS:
            width, height = height, width
    return Picture(rgba, width, height, lossy, animated)


def resize(image: Image.Image, side: int) -> Image.Image:
    """Return an RGBA image scaled so that its long side is `side`; alpha is weighed in."""
    scale = side / max(image.size)
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
