"""Reducing a logo to its flat colours, so that soft edges do not become slivers of their own."""

import cv2
import numpy as np

_INTERIOR_RANGE = 12  # a pixel is inside a flat region if its neighbourhood varies less than this
_MIN_SHARE = 0.0008  # of the interior: less is noise
_REACH = 9  # side, in pixels, of the neighbourhood from which an edge pixel takes its colour


def flatten(pixels: np.ndarray, limit: int, merge_distance: float) -> np.ndarray:
    """Give each pixel the flat colour of the region it belongs to.

    A pixel on a soft edge gets one of the two colours that meet there, never a third that happens
    to lie between them.

    Args:
        pixels: uint8 [H, W, 3].
        limit: at most this many colours.
        merge_distance: colours nearer than this, in RGB, become one.

    Returns:
        uint8 [H, W, 3] with at most `limit` colours; the input if no flat colour is found.
    """
    interior = _interior(pixels)
    palette = _palette(pixels[interior], limit, merge_distance)
    if not len(palette):
        return pixels
    nearest = np.full(pixels.shape[:2], np.inf, np.float32)
    local = np.full(pixels.shape[:2], np.inf, np.float32)
    anywhere = np.zeros(pixels.shape[:2], np.uint8)
    nearby = np.zeros(pixels.shape[:2], np.uint8)
    distances = [_distance(pixels, colour) for colour in palette]
    for index, distance in enumerate(distances):
        closer = distance < nearest
        nearest[closer], anywhere[closer] = distance[closer], index
    kernel = np.ones((_REACH, _REACH), np.uint8)
    for index, distance in enumerate(distances):
        reach = cv2.dilate((interior & (anywhere == index)).astype(np.uint8), kernel)
        closer = (reach > 0) & (distance < local)
        local[closer], nearby[closer] = distance[closer], index
    return palette[np.where(np.isfinite(local), nearby, anywhere)]


def _interior(pixels: np.ndarray) -> np.ndarray:
    """Return bool [H, W]: True where the 3 x 3 neighbourhood is of one colour."""
    kernel = np.ones((3, 3), np.uint8)
    spread = cv2.subtract(cv2.dilate(pixels, kernel), cv2.erode(pixels, kernel))
    return spread.max(axis=2) <= _INTERIOR_RANGE


def _palette(pixels: np.ndarray, limit: int, merge_distance: float) -> np.ndarray:
    """Return the main colours of uint8 [N, 3], the most frequent first: uint8 [K, 3]."""
    if not len(pixels):
        return np.empty((0, 3), np.uint8)
    cells = (pixels >> 3).astype(np.int32)
    keys = (cells[:, 0] << 10) | (cells[:, 1] << 5) | cells[:, 2]
    counts = np.bincount(keys, minlength=1 << 15)
    sums = [
        np.bincount(keys, weights=pixels[:, channel], minlength=1 << 15) for channel in range(3)
    ]
    centres: list[np.ndarray] = []
    weights: list[float] = []
    for key in np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]:
        colour = np.array([total[key] / counts[key] for total in sums])
        gaps = [float(np.linalg.norm(colour - centre)) for centre in centres]
        if gaps and min(gaps) < merge_distance:
            weights[int(np.argmin(gaps))] += counts[key]
        elif len(centres) < limit:
            centres.append(colour)
            weights.append(float(counts[key]))
    kept = [
        centre
        for centre, weight in zip(centres, weights, strict=True)
        if weight >= _MIN_SHARE * len(pixels)
    ]
    return np.array(kept).round().astype(np.uint8).reshape(-1, 3)


def _distance(pixels: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Return the squared RGB distance of each pixel to a colour, float32 [H, W]."""
    difference = pixels.astype(np.float32) - colour.astype(np.float32)
    return np.einsum("hwc,hwc->hw", difference, difference)
