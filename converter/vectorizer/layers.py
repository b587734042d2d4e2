"""From regions to outlines: which region is painted over which, and where each one ends."""

import cv2
import numpy as np

CLEAR = -1  # the label of pixels that nothing is painted on

_UNDER = 4  # pixels that a region goes on under those painted later: no ground shines through
_MARGIN = 3  # pixels around an image: regions go over its border, where the view box cuts them


def painting_order(labels: np.ndarray, count: int) -> np.ndarray:
    """Return the labels that occur in int [H, W], the largest region first."""
    areas = np.bincount(labels[labels >= 0].ravel(), minlength=count)
    order = np.argsort(-areas, kind="stable")
    return order[areas[order] > 0]


def region_field(
    ranks: np.ndarray, rank: int, box: tuple[int, int, int, int], blur: float
) -> tuple[np.ndarray, tuple[int, int]]:
    """Return how much each pixel belongs to a region, and where the field's corner lies.

    Args:
        ranks: int [H, W], each pixel's place in the painting order; CLEAR where nothing is.
        rank: of the region.
        box: left, top, right and bottom of the region's pixels.
        blur: sigma, in pixels, by which the field is softened.

    Returns:
        float32 [h, w], 0.5 on the region's outline and 0 around it, and its left and top.
    """
    height, width = ranks.shape
    room = _UNDER + 2
    left, top = max(0, box[0] - room), max(0, box[1] - room)
    right, bottom = min(width, box[2] + room), min(height, box[3] + room)
    cut = ranks[top:bottom, left:right]
    mask = (cut == rank).astype(np.uint8)
    later = cut > rank
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _UNDER + 1, 2 * _UNDER + 1))
    mask[later & (cv2.dilate(mask, kernel) > 0)] = 1
    _fill_holes(mask, later)
    # What touches the image's border goes on beyond it; what ends inside the image does not.
    sides = [top == 0, bottom == height, left == 0, right == width]
    mask = cv2.copyMakeBorder(
        mask, *[_MARGIN if side else 0 for side in sides], cv2.BORDER_REPLICATE
    )
    field = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), blur)
    field = cv2.copyMakeBorder(field, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return field, (left - 1 - _MARGIN * sides[2], top - 1 - _MARGIN * sides[0])


def _fill_holes(mask: np.ndarray, later: np.ndarray) -> None:
    """Fill the holes of uint8 [h, w] in which only what is painted later lies."""
    count, holes, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    if count <= 2:
        return
    height, width = mask.shape
    open_holes = set(np.unique(holes[~later]).tolist())
    for hole in range(1, count):
        x, y, w, h, _ = stats[hole]
        at_border = x == 0 or y == 0 or x + w == width or y + h == height
        if hole not in open_holes and not at_border:
            mask[holes == hole] = 1
