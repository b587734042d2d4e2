"""JPEGs of two colours whose coverage is known."""

import io

import numpy as np
from PIL import Image

SIDE = 96
_FINE = 8  # samples of a pixel, across and down


def disc() -> np.ndarray:
    """Return how much of each pixel a disc covers: float64 [SIDE, SIDE]."""
    at = (np.arange(SIDE * _FINE) + 0.5) / _FINE
    inside = np.hypot(at[None] - 47.3, at[:, None] - 48.6) < 33.4
    return inside.reshape(SIDE, _FINE, SIDE, _FINE).mean(axis=(1, 3))


def painted(share: np.ndarray, paint: tuple[int, ...], ground: tuple[int, ...]) -> Image.Image:
    """Return an image in which a paint covers its share of each pixel."""
    mixed = share[..., None] * np.array(paint) + (1 - share[..., None]) * np.array(ground)
    return Image.fromarray(np.round(mixed).astype(np.uint8))


def compressed(image: Image.Image, quality: int, subsampling: int = 2) -> Image.Image:
    """Return an image as it is after it was stored as JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return Image.open(buffer)
