"""From any mode that Pillow decodes to RGBA in sRGB."""

import io
import struct

import numpy as np
from PIL import Image, ImageCms

_BAND_PIXELS = 1_000_000  # of a deep image are turned to 8 bits at a time, to save memory
_SRGB = ImageCms.createProfile("sRGB")
_BROKEN = (
    ImageCms.PyCMSError, OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError,
    struct.error,
)  # fmt: skip


def without_palette(image: Image.Image) -> Image.Image:
    """Return an image whose pixels can be averaged: 8 bits, no palette, no key colour."""
    if image.mode.startswith(("I", "F")):
        return _to_eight_bits(image)
    if "transparency" in image.info or image.mode in ("P", "PA", "LA", "La", "RGBa"):
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return mode RGBA in sRGB. A colour profile that does not fit or is broken is left out."""
    alpha = image.getchannel("A") if "A" in image.getbands() else None
    rgb = None
    if profile:
        rgb = _with_profile(image.convert("RGB") if image.mode == "RGBA" else image, profile)
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
    except _BROKEN:
        return None


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Map gray values of 16 or 32 bits, or floats, to 0-255."""
    width, height = image.size
    rows = max(1, _BAND_PIXELS // width)
    tops = range(0, height, rows)
    highest = max(float(_band(image, top, rows).max()) for top in tops)
    if image.mode == "F":
        full = 1.0 if highest <= 1 else 255.0 if highest <= 255 else highest
    else:
        full = 255.0 if image.mode == "I" and highest <= 255 else max(65535.0, highest)
    levels = np.empty((height, width), np.uint8)
    for top in tops:
        levels[top : top + rows] = np.clip(_band(image, top, rows) * (255 / full), 0, 255).round()
    return Image.fromarray(levels)


def _band(image: Image.Image, top: int, rows: int) -> np.ndarray:
    """Return some rows of a deep image as floats; what is no number is 0."""
    box = (0, top, image.width, min(top + rows, image.height))
    values = np.asarray(image.crop(box), dtype=np.float32)
    return np.nan_to_num(values, posinf=0.0, neginf=0.0)
