"""Reading an image that a stranger sent: checked before it is decoded, sRGB with alpha after."""

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

# What Pillow finds in the content counts, not the file's name.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")

# Big images are shrunk to at least this many times the target before anything else happens.
_ROOM = 4
_ORIENTATION = 0x0112
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BROKEN_METADATA = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, struct.error)
_SRGB = ImageCms.createProfile("sRGB")


class UnreadableImageError(Exception):
    """The file is not an image of a known format, or it is damaged."""


class ImageTooLargeError(Exception):
    """The image has more pixels than allowed."""


def read_image(source: bytes | Path, max_pixels: int, target: int = 0) -> Image.Image:
    """Read the first frame of an image, upright, in sRGB, as mode RGBA.

    Args:
        source: the file's content or its path.
        max_pixels: more than this, by the file's header, is refused before decoding.
        target: the side that the image will be shrunk to; lets a big one be shrunk while it is
            decoded. 0 keeps every pixel.

    Raises:
        UnreadableImageError: if it is no PNG, JPEG, WebP, GIF, BMP or TIFF, or damaged.
        ImageTooLargeError: if it has too many pixels.
    """
    with _open(source) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise ImageTooLargeError(
                f"The image has {width:,} x {height:,} pixels; at most {max_pixels:,} pixels are "
                "allowed. Send a smaller version."
            )
        try:
            return _decode(image, target)
        except MemoryError as error:
            raise ImageTooLargeError("The image needs more memory than there is.") from error
        except Exception as error:  # decoders raise anything on damaged files
            raise UnreadableImageError(
                "The image is damaged or incomplete: it could not be decoded."
            ) from error


def _open(source: bytes | Path) -> Image.Image:
    """Read an image's header."""
    if isinstance(source, bytes) and not source:
        raise UnreadableImageError("The file is empty.")
    try:
        return Image.open(
            io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS
        )
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLargeError("The image has far too many pixels.") from error
    except UnidentifiedImageError as error:
        raise UnreadableImageError(
            "This is not a PNG, JPEG, WebP, GIF, BMP or TIFF image, or its header is damaged."
        ) from error
    except OSError as error:
        if isinstance(source, Path) and error.errno:
            raise UnreadableImageError(f"The file cannot be read: {error.strerror}.") from error
        raise UnreadableImageError("The image's header is damaged.") from error
    except Exception as error:  # header parsers raise anything on damaged files
        raise UnreadableImageError("The image's header is damaged.") from error


def _decode(image: Image.Image, target: int) -> Image.Image:
    room = _ROOM * target
    side = max(image.size)
    if target and image.format in ("JPEG", "MPO"):
        image.draft(image.mode, tuple(max(1, length * room // side) for length in image.size))
    image.load()
    turn = _TRANSPOSE.get(_orientation(image))
    profile = image.info.get("icc_profile")
    plain = _without_palette(image)
    if target and max(plain.size) >= 2 * room:
        plain = plain.reduce(max(plain.size) // room)
    rgba = _to_srgb(plain, profile)
    return rgba.transpose(turn) if turn else rgba


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 (upright) where there is none or it cannot be read."""
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except _BROKEN_METADATA:
        return 1


def _without_palette(image: Image.Image) -> Image.Image:
    """Return an image whose pixels can be averaged: 8 bits, no palette, no key colour."""
    if image.mode.startswith(("I", "F")):
        return _to_eight_bits(image)
    if "transparency" in image.info or image.mode in ("P", "PA", "LA", "La", "RGBa"):
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Map gray values of 16 or 32 bits, or floats, to 0-255."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    highest = float(values.max())
    if image.mode == "F":
        full = 1.0 if highest <= 1 else 255.0 if highest <= 255 else highest
    else:
        full = 255.0 if image.mode == "I" and highest <= 255 else max(65535.0, highest)
    return Image.fromarray(np.clip(values * (255 / full), 0, 255).round().astype(np.uint8))


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return mode RGBA in sRGB. A colour profile that does not fit or is broken is left out."""
    alpha = image.getchannel("A") if "A" in image.getbands() else None
    colour = image.convert("RGB") if image.mode == "RGBA" else image
    rgb = _with_profile(colour, profile) if profile else None
    if rgb is None:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    rgb.putalpha(alpha if alpha else 255)
    return rgb


def _with_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert an image from its colour profile to sRGB, mode RGB. None if that is impossible."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in (source.profile.profile_description or "").lower():
            return None
        return ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, *_BROKEN_METADATA):
        return None
