"""Closed polygons: what lies in them, their areas and moments."""

import numpy as np

from .compiled import compiled

Moments = tuple[np.ndarray, np.ndarray, float]


@compiled
def signed_area(x: np.ndarray, y: np.ndarray) -> float:
    """Return a polygon's area, negative where it runs against the clock, as holes do."""
    total = 0.0
    for k in range(len(x)):
        total += x[k - 1] * y[k] - x[k] * y[k - 1]
    return total / 2


@compiled
def contains(x: np.ndarray, y: np.ndarray, to_x: float, to_y: float) -> bool:
    """Return whether a point lies in a polygon."""
    inside = False
    for k in range(len(x)):
        if (y[k - 1] > to_y) != (y[k] > to_y):
            at = x[k - 1] + (to_y - y[k - 1]) * (x[k] - x[k - 1]) / (y[k] - y[k - 1])
            inside ^= to_x < at
    return inside


@compiled
def moments(x: np.ndarray, y: np.ndarray) -> Moments:
    """Return a polygon's centroid, its second moments over its area [2, 2], and its area."""
    ox = oy = 0.0
    for k in range(len(x)):
        ox += x[k] / len(x)
        oy += y[k] / len(x)
    area = cx = cy = xx = yy = xy = 0.0
    for k in range(len(x)):
        ax, ay, bx, by = x[k - 1] - ox, y[k - 1] - oy, x[k] - ox, y[k] - oy
        cross = ax * by - bx * ay
        area += cross / 2
        cx += (ax + bx) * cross
        cy += (ay + by) * cross
        xx += cross * (ax * ax + ax * bx + bx * bx)
        yy += cross * (ay * ay + ay * by + by * by)
        xy += cross * (ax * by + 2 * ax * ay + 2 * bx * by + bx * ay)
    if abs(area) < 1e-9:
        return np.array([ox, oy]), np.eye(2), 0.0
    cx, cy = cx / (6 * area), cy / (6 * area)
    xx, yy = xx / (12 * area) - cx * cx, yy / (12 * area) - cy * cy
    xy = xy / (24 * area) - cx * cy
    return np.array([ox + cx, oy + cy]), np.array([[xx, xy], [xy, yy]]), abs(area)


@compiled
def axes(spread: np.ndarray) -> tuple[float, float, float]:
    """Return the moments along the two axes of second moments, and the longer one's direction.

    Returns:
        the lower and the greater moment, and radians from -pi/2 to pi/2.
    """
    middle, half = (spread[0, 0] + spread[1, 1]) / 2, (spread[0, 0] - spread[1, 1]) / 2
    apart = np.hypot(half, spread[0, 1])
    return middle - apart, middle + apart, np.arctan2(spread[0, 1], half) / 2
