"""The exact area that closed outlines cover of each pixel."""

import numpy as np

from .compiled import compiled


@compiled
def add_coverage(x: np.ndarray, y: np.ndarray, area: np.ndarray, height: int, width: int) -> None:
    """Add what a closed polygon covers to signed-area sums.

    Every edge adds its height and the area to its right to the pixels that it crosses; summed along
    each row, that is the coverage (as in the rasterisers of fonts: Levien, "font-rs", 2016).

    Args:
        x, y: float64 [N], corners; the last joins the first.
        area: float32 [height, width + 2], the sums.
        height, width: of the image, px.
    """
    n = len(x)
    for k in range(n):
        ax, ay, bx, by = x[k], y[k], x[(k + 1) % n], y[(k + 1) % n]
        if ay == by:
            continue
        direction = 1.0
        if ay > by:
            ax, ay, bx, by, direction = bx, by, ax, ay, -1.0
        slope = (bx - ax) / (by - ay)
        if ay < 0:
            ax, ay = ax - ay * slope, 0.0
        bottom = min(by, float(height))
        row = int(ay)
        while ay < bottom:
            end = min(bottom, row + 1.0)
            ex = ax + (end - ay) * slope
            _add_row(area[row], min(max(ax, 0.0), float(width)), min(max(ex, 0.0), float(width)),
                     (end - ay) * direction)  # fmt: skip
            ax, ay = ex, end
            row += 1


@compiled
def _add_row(row: np.ndarray, ax: float, ex: float, rise: float) -> None:
    low, high = min(ax, ex), max(ax, ex)
    first, last = int(low), int(high)
    if first == last:
        middle = (low + high) / 2 - first
        row[first] += rise * (1 - middle)
        row[first + 1] += rise * middle
        return
    per = rise / (high - low)
    done = 0.0
    part = 0.0
    for column in range(first, last + 1):
        left, right = max(low, float(column)), min(high, column + 1.0)
        here = (right - left) * per
        # What this column's piece covers within it; the whole of what came before carries over.
        within = here * (1 - ((left + right) / 2 - column))
        row[column] += part + within - 0.0
        part = here - within
        done += here
    row[last + 1] += part


def coverage(outlines: list[np.ndarray], height: int, width: int) -> np.ndarray:
    """Return what polygons, complex arrays, cover of each pixel: float32 [height, width].

    Holes run the other way round than what they lie in.
    """
    area = np.zeros((height, width + 2), np.float32)
    for outline in outlines:
        add_coverage(outline.real.copy(), outline.imag.copy(), area, height, width)
    return np.abs(np.cumsum(area, axis=1)[:, :width])
