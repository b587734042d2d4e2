"""Small parts of a picture that a drawing lost: means over all outlines hide them."""

import cv2
import numpy as np

_CELL = 0.25  # px: points of one outline lie in neighbouring cells
_LARGEST = 16.0  # px of an outline's longer side: larger ones show in the means
_LEAST = 2.0  # px of an outline's length: less is a speck
_AWAY = 0.5  # px from any drawn outline
_MOSTLY = 0.5  # of an outline's length


def count_parts(points: np.ndarray, weights: np.ndarray, away: np.ndarray) -> tuple[int, int]:
    """Count the small outlines of a source, and those of them without a counterpart.

    Dots, counters, letters of a few pixels: what hangs together and is small. One is lost if most
    of it is far from any drawn outline.

    Args:
        points: float32 [N, 2], x and y of the source's outlines, in pixels of the upload.
        weights: float32 [N], the length that each stands for.
        away: float32 [N], how far the nearest drawn outline is.
    """
    if not len(points):
        return 0, 0
    cells = np.floor(points / _CELL).astype(int)
    cells -= cells.min(axis=0) - 1
    width, height = cells.max(axis=0) + 2
    grid = np.zeros((height, width), np.uint8)
    grid[cells[:, 1], cells[:, 0]] = 1
    count, names, boxes, _ = cv2.connectedComponentsWithStats(grid, connectivity=8)
    name = names[cells[:, 1], cells[:, 0]]
    sides = boxes[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) * _CELL
    length = np.bincount(name, weights, count)
    lacking = np.bincount(name, weights * (away > _AWAY), count)
    small = (sides <= _LARGEST) & (length >= _LEAST)
    small[0] = False
    return int(small.sum()), int((small & (lacking > _MOSTLY * length)).sum())
