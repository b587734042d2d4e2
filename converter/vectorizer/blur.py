"""Colours that are no paints of a JPEG, but the lightness of one paint with the tone of another.

Chroma at half the resolution is spread over a thin stroke and what lies beside it, luma is not: a
blue line on yellow looks olive. Such a colour lies between two paints by its luma, and by its
chroma, but not by the same share, and it fills nothing that is wider than a line.
"""

import cv2
import numpy as np

from .colours import luma_and_chroma
from .palette import nearest

_RINGING = 16.0  # levels by which luma and chroma may lie beyond the two paints
_BESIDE = 7  # px, across: where the two are looked for
_LEAST_SHARE = 0.02  # of the pixels there, that a paint beside has
_WIDE = 3  # px: what has squares of this side in it is no line
_MOST_SQUARES = 2


def blurred(
    values: np.ndarray, odd: np.ndarray, fresh: np.ndarray, cores: np.ndarray, paints: np.ndarray
) -> np.ndarray:
    """Return bool [K]: True for the colours that a paint beside them and another one explain.

    Args:
        values: float32 [H, W, 4], premultiplied.
        odd: bool [H, W], pixels that no mixture of paints explains.
        fresh: float32 [K, 4], colours of those.
        cores: int16 [H, W], the paint of pixels that certainly have only one; negative elsewhere.
        paints: float32 [P, 4], a colour of each paint.
    """
    named = np.full(odd.shape, -1, np.int16)
    named[odd] = nearest(values[odd], fresh)[0]
    result = np.zeros(len(fresh), bool)
    for k, colour in enumerate(fresh):
        mask = (named == k).astype(np.uint8)
        if cv2.erode(mask, np.ones((_WIDE, _WIDE), np.uint8)).sum() > _MOST_SQUARES:
            continue
        around = (cv2.dilate(mask, np.ones((_BESIDE, _BESIDE), np.uint8)) > 0) & (cores >= 0)
        counts = np.bincount(cores[around], minlength=len(paints))
        beside = counts > _LEAST_SHARE * counts.sum()
        result[k] = _between(luma_and_chroma(colour), luma_and_chroma(paints), beside)
    return result


def _between(colour: np.ndarray, paints: np.ndarray, beside: np.ndarray) -> bool:
    """Return whether luma and chroma [3] lie between those of two paints [P, 3], each by itself.

    One of the two is `beside`, bool [P]; the other may be plain elsewhere only.
    """
    first, second = np.nonzero(beside[:, None] & ~np.eye(len(paints), dtype=bool))
    a, b = paints[first], paints[second]
    low, high = np.minimum(a[:, 0], b[:, 0]), np.maximum(a[:, 0], b[:, 0])
    lies = (colour[0] > low - _RINGING) & (colour[0] < high + _RINGING)
    along = b[:, 1:] - a[:, 1:]
    square = (along**2).sum(axis=1) + 1e-6
    t = np.clip(((colour[1:] - a[:, 1:]) * along).sum(axis=1) / square, 0, 1)
    off = np.linalg.norm(colour[1:] - a[:, 1:] - t[:, None] * along, axis=1)
    return bool((lies & (off < _RINGING)).any())
