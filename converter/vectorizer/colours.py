"""Pixels as numbers between which mixtures are straight lines and distances tell what is seen."""

from functools import reduce

import cv2
import numpy as np

# Rows of BT.601: luma, then the differences to it, which JPEG keeps at half resolution.
_LUMA = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]], np.float32)
# What luma and chroma count where chroma is coarse.
COARSE = np.array([1.55, 0.7, 0.7], np.float32)


def premultiplied(image: np.ndarray) -> np.ndarray:
    """Return uint8 RGBA [H, W, 4] as float32 with colours multiplied by opacity, 0 to 255."""
    values = image.astype(np.float32)
    if image[..., 3].min() < 255:
        values[..., :3] *= values[..., 3:] / 255
    return values


def measurable(values: np.ndarray, lossy: bool) -> np.ndarray:
    """Return premultiplied colours [..., 4] in the space in which mixtures are measured.

    The space is a linear one, so that a mixture stays a mixture. For images that lossy compression
    went over, luma counts for more: it knows where edges are, chroma is blurred.
    """
    if not lossy:
        return values
    changed = values.astype(np.float32).copy()
    changed[..., :3] = luma_and_chroma(values) * COARSE
    return changed


def luma_and_chroma(values: np.ndarray) -> np.ndarray:
    """Return colours [..., 3 or 4] as luma and the two differences to it, [..., 3], in levels."""
    return values[..., :3] @ _LUMA.T


def highest(values: np.ndarray) -> np.ndarray:
    """Return the highest of each pixel's channels, [H, W] of [H, W, C].

    NumPy takes many times as long along so short an axis.
    """
    return reduce(cv2.max, cv2.split(values))


def lowest(values: np.ndarray) -> np.ndarray:
    """Return the lowest of each pixel's channels, likewise."""
    return reduce(cv2.min, cv2.split(values))
