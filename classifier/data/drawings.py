"""Which logos are one drawing: shown on another colour, in other colours, or from another package.

A perceptual hash sees grey levels, and so colours. Here the shape of the ink has to be the same,
and so have the edges within it, whatever they part. Tiles, which are ink all over, are left out.
"""

from collections.abc import Iterable

import cv2
import numpy as np
from PIL import Image

from classifier.inference.preprocessing import compose

_SIDE = 96  # pixels of the square in which drawings are compared
_SHAPE_SIDE, _EDGE_SIDE = 32, 48
_STRONGEST_EDGE = 60.0  # stronger ones count alike, so that contrast does not matter
# Correlations. All of 80 pairs above both that were looked at are one drawing; where edges agree
# by 0.90 to 0.93, coins with other signs in them come in.
_SAME_SHAPE, _SAME_EDGES = 0.95, 0.93
_ROWS, _PAIRS = 512, 4096  # compared at a time


def same_drawings(logos: Iterable[tuple[Image.Image, str]]) -> list[tuple[int, int]]:
    """Return the pairs (i < j) of logos that are one drawing.

    Args:
        logos: RGBA images with the colour that each is shown on, `#rrggbb`.
    """
    looks = [_look(image, background) for image, background in logos]
    if not looks:
        return []
    shapes, edges = (np.stack(part) for part in zip(*looks, strict=True))
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(shapes), _ROWS):
        alike = shapes[start : start + _ROWS] @ shapes[start:].T > _SAME_SHAPE
        rows, columns = np.nonzero(np.triu(alike, 1))
        for first in range(0, len(rows), _PAIRS):
            i = rows[first : first + _PAIRS] + start
            j = columns[first : first + _PAIRS] + start
            same = np.einsum("pk,pk->p", edges[i], edges[j]) > _SAME_EDGES
            pairs += zip(i[same].tolist(), j[same].tolist(), strict=True)
    return pairs


def _look(image: Image.Image, background: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a drawing's shape and edges, float32 [K] each; products of two are correlations."""
    ink = image.crop(image.getchannel("A").getbbox())
    ink.thumbnail((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    square = Image.new("RGBA", (_SIDE, _SIDE))
    square.paste(ink, ((_SIDE - ink.width) // 2, (_SIDE - ink.height) // 2))
    shape = np.asarray(square.getchannel("A")).astype(np.float32)
    edges = _edges(compose(square, background))
    return _normalised(_shrunk(shape, _SHAPE_SIDE)), _normalised(edges)


def _edges(pixels: np.ndarray) -> np.ndarray:
    """Return how strong the edges are, float32 [side, side], of uint8 RGB [S, S, 3]."""
    smooth = cv2.GaussianBlur(pixels, (0, 0), 1.0).astype(np.float32)
    slopes = [cv2.Sobel(smooth, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1))]
    strength = np.hypot(*slopes).max(2)
    return _shrunk(np.minimum(strength, _STRONGEST_EDGE), _EDGE_SIDE)


def _shrunk(values: np.ndarray, side: int) -> np.ndarray:
    return cv2.resize(values, (side, side), interpolation=cv2.INTER_AREA)


def _normalised(values: np.ndarray) -> np.ndarray:
    """Return float32 [N] whose product with another such is their correlation."""
    centred = values.ravel() - values.mean()
    return centred / (np.linalg.norm(centred) + 1e-6)
