"""Reading a logo that a stranger sent: checked before decoding, upright sRGB with alpha after."""

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

# What Pillow finds in the content counts, not the file's name.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MIN_SIDE = 16
MAX_SIDE = 8_000
MIN_SHORT_SIDE = 4
_HEAD = 4096  # bytes at the start of a file in which an SVG shows itself

_SRGB = ImageCms.createProfile("sRGB")
_PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, SyntaxError, TypeError, struct.error)


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


def read_logo(source: bytes | Path, side: int) -> Logo:
    """Read the first frame of an image.

    Args:
        source: the file's content or its path.
        side: an image whose long side is more than this is scaled down to it.

    Raises:
        RefusedImageError: if it is no image of a known format, is damaged, too small or too large.
    """
    with _open(source) as image:
        _check_size(*image.size)
        try:
            return _decode(image, side)
        except MemoryError as error:
            raise RefusedImageError("The image needs more memory than there is.") from error
        except Exception as error:  # decoders raise anything on damaged files
            raise RefusedImageError(
                "The image is damaged or incomplete: it could not be decoded. Save it again."
            ) from error


def read_size(source: bytes) -> tuple[int, int]:
    """Return an image's width and height as its header gives them, without decoding it.

    Raises:
        RefusedImageError: if it is no image of a known format, too small or too large.
    """
    with _open(source) as image:
        _check_size(*image.size)
        return image.size


def _open(source: bytes | Path) -> Image.Image:
    """Read an image's header."""
    if source == b"":
        raise RefusedImageError("The file is empty.")
    try:
        return Image.open(
            io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS
        )
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RefusedImageError(
            f"The image is too large: at most {MAX_SIDE:,} px a side. Send a smaller version."
        ) from error
    except UnidentifiedImageError as error:
        if _is_svg(source):
            raise RefusedImageError(
                "This file holds an SVG drawing, whatever its name says: there is nothing to "
                "convert. Send a PNG, JPEG, WebP, GIF, BMP or TIFF image."
            ) from error
        raise RefusedImageError(
            "This is not a PNG, JPEG, WebP, GIF, BMP or TIFF image, or its header is damaged."
        ) from error
    except Exception as error:  # header parsers raise anything on damaged files
        if isinstance(source, Path) and isinstance(error, OSError) and error.errno:
            raise RefusedImageError(f"The file cannot be read: {error.strerror}.") from error
        raise RefusedImageError("The image's header is damaged. Save it again.") from error


def _is_svg(source: bytes | Path) -> bool:
    """Tell whether a file that is no image begins as an SVG does. It is never parsed."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            source = file.read(_HEAD)
    return b"<svg" in source[:_HEAD].lower()


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


def _decode(image: Image.Image, side: int) -> Logo:
    full = image.size
    animated = getattr(image, "is_animated", False)
    lossy = image.format in ("JPEG", "MPO", "WEBP")
    if image.format in ("JPEG", "MPO") and max(full) > 2 * side:
        # The decoder itself halves big photographs, which saves most of their memory.
        image.draft(image.mode, tuple(max(1, length * 2 * side // max(full)) for length in full))
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    width, height = full if _same_orientation(full, image.size) else full[::-1]
    rgba = _to_srgb(_to_eight_bits(_reduced(image, side)), image.info.get("icc_profile"))
    if max(rgba.size) > side:
        rgba = resize(rgba, side)
    return Logo(rgba, width, height, lossy, animated)


def _same_orientation(full: tuple[int, int], upright: tuple[int, int]) -> bool:
    """Tell whether two sizes, one perhaps scaled down, lie the same way."""
    return (full[0] >= full[1]) == (upright[0] >= upright[1])


def _reduced(image: Image.Image, side: int) -> Image.Image:
    """Average whole blocks of a huge image first: later steps would copy all of its pixels."""
    factor = max(image.size) // side
    plain = image.mode in ("L", "RGB", "RGBA", "CMYK") and "transparency" not in image.info
    return image.reduce(factor) if factor > 1 and plain else image


def resize(image: Image.Image, side: int) -> Image.Image:
    """Return an RGBA image scaled so that its long side is `side`; alpha is weighed in."""
    scale = side / max(image.size)
    size = tuple(max(1, round(length * scale)) for length in image.size)
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Map gray values of 16 or 32 bits, or floats, to 0-255. Other modes stay."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    highest = float(values.max())
    full = 1.0 if image.mode == "F" and highest <= 1 else 255.0 if highest <= 255 else 65535.0
    return Image.fromarray(np.clip(values * (255 / full), 0, 255).round().astype(np.uint8))


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return mode RGBA in sRGB. A colour profile that does not fit or is broken is left out."""
    has_alpha = "A" in image.getbands() or "transparency" in image.info or image.mode == "P"
    rgba = image.convert("RGBA")
    if not profile:
        return rgba
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in (source.profile.profile_description or "").lower():
            return rgba
        colour = rgba.convert("RGB") if has_alpha else image
        converted = ImageCms.profileToProfile(colour, source, _SRGB, outputMode="RGB")
    except _PROFILE_ERRORS:
        return rgba
    converted.putalpha(rgba.getchannel("A"))
    return converted


def to_png(image: Image.Image) -> bytes:
    """Return an image as a PNG file without any metadata."""
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(image)).save(buffer, "PNG")
    return buffer.getvalue()
