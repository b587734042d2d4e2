"""How good a drawing is, judged by the vector source that the traced image was rendered from.

    quality = (SSIM + edge) / 2                                        0 to 1
    score   = quality - 0.005 log2(1 + KB) - 0.0025 log2(1 + paths)

Both pictures are renderings of a vector file with a long side of 1,024 px, so that what blur or
JPEG noise did to the traced image counts for nothing. A doubling of the file costs half a point of
quality, a doubling of the number of paths a quarter of one.
"""

from dataclasses import dataclass
from math import log2

import cv2
import numpy as np

from converter.fidelity import ssim

SIDE = 1024
_BYTES_WEIGHT = 0.005
_PATHS_WEIGHT = 0.0025
_SMOOTHNESS = 170.0  # the constant of the paper, for values from 0 to 255
_PREWITT = np.array([[1, 0, -1]] * 3, np.float32) / 3


@dataclass(frozen=True)
class Quality:
    """What was measured on one drawing.

    Attributes:
        ssim: structural similarity to the source, 0 to 1.
        edge: similarity of the edges, 0 to 1.
        byte_count: size of the file.
        path_count: number of paths.
    """

    ssim: float
    edge: float
    byte_count: int
    path_count: int

    @property
    def quality(self) -> float:
        """Likeness alone, 0 to 1."""
        return (self.ssim + self.edge) / 2

    @property
    def score(self) -> float:
        """Likeness less the cost of size and paths: what the tuning maximises."""
        size = _BYTES_WEIGHT * log2(1 + self.byte_count / 1024)
        return self.quality - size - _PATHS_WEIGHT * log2(1 + self.path_count)


def compare(drawing: np.ndarray, truth: np.ndarray, byte_count: int, path_count: int) -> Quality:
    """Measure a rendering of the drawing against one of the source, both uint8 [H, W, 3]."""
    return Quality(
        max(0.0, ssim(drawing, truth)), edge_similarity(drawing, truth), byte_count, path_count
    )


def edge_similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Return how alike the edges of two uint8 [H, W, 3] images are, 0 to 1.

    The gradient magnitude similarity of Xue et al., "Gradient magnitude similarity deviation: a
    highly efficient perceptual image quality index", 2014, at half size as there. Its mean is
    weighted by the stronger of the two gradients: the empty ground does not count, and an edge that
    only one of the images has counts fully. Two images without any edge are alike.
    """
    x, y = _gradient(first), _gradient(second)
    similarity = (2 * x * y + _SMOOTHNESS) / (x * x + y * y + _SMOOTHNESS)
    weight = np.maximum(x, y)
    total = float(weight.sum())
    return float((similarity * weight).sum()) / total if total > 0 else 1.0


def _gradient(image: np.ndarray) -> np.ndarray:
    """Return the gradient magnitude of each channel at half size, float32 [H / 2, W / 2, 3]."""
    half = cv2.resize(
        image,
        (max(1, image.shape[1] // 2), max(1, image.shape[0] // 2)),
        interpolation=cv2.INTER_AREA,
    ).astype(np.float32)
    return np.hypot(cv2.filter2D(half, -1, _PREWITT), cv2.filter2D(half, -1, _PREWITT.T))
