"""Measures of a raster logo: what the rules look at. NumPy and OpenCV on a small square image."""

import cv2
import numpy as np

SIDE = 192  # every image is measured at this size, so that measures compare
_INK = 24  # difference from the border's colour that makes ink
_SMOOTH = 14  # differences between neighbours up to this belong to a smooth transition
_SLOPE = 0.4  # mean difference between neighbours from which colour is not flat
_EDGE = 40  # from here on they belong to an edge
_SMALLEST_REGION = 8  # pixels

# Each measure with the words that a reason uses for it.
MEASURES = {
    "smooth_share": "share of the ink in smooth transitions",
    "smooth_tones": "number of tones in smooth transitions",
    "colours": "number of clearly different colours",
    "main_colour_share": "share of the ink in its main colour",
    "entropy": "variety of brightness",
    "edge_density": "density of edges",
    "corner_density": "density of corners",
    "contrast": "mean strength of edges",
    "ink_share": "share of the picture covered with ink",
    "aspect": "width by height",
    "parts": "number of separate parts",
    "largest_part": "share of the ink in its largest part",
    "part_height": "typical height of a part",
    "part_height_spread": "difference in height between parts",
    "regions": "number of coloured regions",
    "holes": "number of enclosed gaps",
    "stroke_width": "typical width of strokes",
    "stroke_spread": "variation in the width of strokes",
}


def measure(image: np.ndarray) -> dict[str, float]:
    """Measure a prepared image, uint8 RGB [SIDE, SIDE, 3]; see `MEASURES`."""
    border = image[0, 0] if (image[0, 0] == image[-1, -1]).all() else np.median(image[0], axis=0)
    distance = np.abs(image.astype(np.int16) - border.astype(np.int16)).max(axis=2)
    ink = (distance > _INK).astype(np.uint8)
    if not ink.any():
        ink[:] = 1
    return {
        **_tones(image, ink),
        **_layout(ink),
        **_strokes(ink),
        "regions": float(_region_count(image, ink)),
    }


def _steps(image: np.ndarray) -> np.ndarray:
    """Return the largest difference of each pixel to its right and lower neighbours."""
    values = image.astype(np.int16)
    steps = np.zeros(image.shape[:2], np.int16)
    right = np.abs(np.diff(values, axis=1)).max(axis=2)
    lower = np.abs(np.diff(values, axis=0)).max(axis=2)
    steps[:, :-1] = right
    steps[:-1] = np.maximum(steps[:-1], lower)
    return steps


def _tones(image: np.ndarray, ink: np.ndarray) -> dict[str, float]:
    """Measure colours, smooth transitions and edges."""
    steps = _steps(image)
    edges = (steps > _EDGE).astype(np.uint8)
    # Anti-aliased pixels lie at edges, and resizing rings beside them: what is judged for
    # smoothness keeps away from both.
    sharp = cv2.dilate((steps > _SMOOTH).astype(np.uint8), np.ones((5, 5), np.uint8))
    inner = (ink > 0) & (sharp == 0)
    slope = cv2.blur(np.where(inner, steps, 0).astype(np.float32), (5, 5))
    smooth = inner & (slope > _SLOPE * cv2.blur(inner.astype(np.float32), (5, 5)))
    area = int(ink.sum())
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    corners = cv2.cornerMinEigenVal(gray, 3) > 0.005
    shares = _colour_shares(image[inner] if inner.sum() > 0.05 * area else image[ink > 0])
    histogram = np.bincount(gray[ink > 0] // 8, minlength=32) / area
    tones = np.bincount(gray[smooth], minlength=256)
    filled = histogram[histogram > 0]
    return {
        "smooth_share": float(smooth.sum()) / area,
        "smooth_tones": float((tones > max(2, 0.001 * area)).sum()),
        "colours": float((shares >= 0.01).sum()),
        "main_colour_share": float(shares.max()),
        "entropy": float(-(filled * np.log2(filled)).sum()),
        "edge_density": float(edges.sum()) / area,
        "corner_density": float(corners.sum()) / area,
        "contrast": float(steps[edges > 0].mean()) if edges.any() else 0.0,
    }


def _colour_shares(pixels: np.ndarray) -> np.ndarray:
    """Count colours, six levels per channel, and return the share of each."""
    levels = (pixels.astype(np.int32) + 25) // 52
    codes = levels @ np.array([36, 6, 1])
    counts = np.unique(codes, return_counts=True)[1]
    return counts / len(pixels)


def _layout(ink: np.ndarray) -> dict[str, float]:
    """Measure the box of the ink and the parts it falls into."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    stats = stats[1:]
    large = stats[stats[:, cv2.CC_STAT_AREA] >= _SMALLEST_REGION]
    parts = large if len(large) else stats
    heights = parts[:, cv2.CC_STAT_HEIGHT] / height
    return {
        "ink_share": float(ink.sum() / (width * height)),
        "aspect": float(width / height),
        "parts": float(len(parts)),
        "largest_part": float(parts[:, cv2.CC_STAT_AREA].max() / ink.sum()),
        "part_height": float(np.median(heights)),
        "part_height_spread": float(heights.std()),
    }


def _strokes(ink: np.ndarray) -> dict[str, float]:
    """Measure enclosed gaps and the widths of strokes along their middle lines."""
    padded = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 3)
    ridge = distance[(distance >= cv2.dilate(distance, np.ones((3, 3)))) & (distance > 1)]
    gaps, _, stats, _ = cv2.connectedComponentsWithStats(1 - padded, connectivity=4)
    holes = int((stats[1:, cv2.CC_STAT_AREA] >= _SMALLEST_REGION).sum()) - 1 if gaps > 1 else 0
    return {
        "holes": float(max(0, holes)),
        "stroke_width": float(np.median(ridge)) * 2 / SIDE if len(ridge) else 0.0,
        "stroke_spread": float(ridge.std() / ridge.mean()) if len(ridge) else 0.0,
    }


def _region_count(image: np.ndarray, ink: np.ndarray) -> int:
    """Count connected regions of one quantised colour."""
    levels = (image.astype(np.int32) + 25) // 52
    codes = (levels @ np.array([36, 6, 1]) + 1) * ink
    found, counts = np.unique(codes[codes > 0], return_counts=True)
    total = 0
    for code in found[counts >= 0.01 * ink.sum()]:
        _, _, stats, _ = cv2.connectedComponentsWithStats((codes == code).astype(np.uint8))
        total += int((stats[1:, cv2.CC_STAT_AREA] >= _SMALLEST_REGION).sum())
    return total
