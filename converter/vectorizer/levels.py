"""The lines along which a field has the value one half, and what they enclose of each pixel.

Marching squares: cells between four values, crossed from edge to edge with the larger values on the
left, seen with y pointing up (Maple, "Geometric design and space planning using the marching
squares and marching cube algorithms", 2003).
"""

import numpy as np

from .compiled import compiled
from .raster import add_coverage

_LEVEL = 0.5
# Ways into a cell: along rising rows, falling columns, falling rows, rising columns. Each comes
# from the one before it by a turn to the left.
_DOWN = np.array([1, 0, -1, 0])  # rows
_ALONG = np.array([0, -1, 0, 1])  # columns
# By way: the corner of a cell, as row and column, that lies near and to the left. The others follow
# to the right, seen from inside the cell: near right, far right, far left.
_CORNERS = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])


def level_lines(values: np.ndarray, fineness: int) -> list[np.ndarray]:
    """Return the closed lines at one half, complex [N] each, in px from the field's corner.

    Args:
        values: float32 [h, w]; outside, it is 0.
        fineness: how many of them there are to a pixel.
    """
    x, y, ends = _traced(*_crossed(values))
    along, down = (x - 0.5) / fineness, (y - 0.5) / fineness
    return np.split(along + 1j * down, ends[:-1]) if len(ends) else []


def level_coverage(values: np.ndarray, fineness: int) -> np.ndarray:
    """Return what the lines at one half enclose of each pixel: float32 [h, w] / fineness."""
    height, width = values.shape[0] // fineness, values.shape[1] // fineness
    area = np.zeros((height, width + 2), np.float32)
    _add_enclosed(*_crossed(values), fineness, area)
    return np.abs(np.cumsum(area, axis=1)[:, :width])


def _crossed(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values with a frame of zeros, where they are above, and the cells that lines cross."""
    framed = np.zeros((values.shape[0] + 2, values.shape[1] + 2), np.float32)
    framed[1:-1, 1:-1] = values
    above = framed > _LEVEL
    down = above[1:] != above[:-1]
    crossed = down[:, 1:] | down[:, :-1]
    crossed |= above[:-1, 1:] != above[:-1, :-1]
    return framed, above, np.flatnonzero(crossed)


@compiled
def _add_enclosed(
    values: np.ndarray, above: np.ndarray, cells: np.ndarray, fineness: int, area: np.ndarray
) -> None:
    x, y, ends = _traced(values, above, cells)
    x, y = (x - 0.5) / fineness, (y - 0.5) / fineness
    height, width = area.shape[0], area.shape[1] - 2
    start = 0
    for end in ends:
        add_coverage(x[start:end], y[start:end], area, height, width)
        start = end


@compiled
def _traced(
    values: np.ndarray, above: np.ndarray, cells: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return all lines' points, float64 [N] each, and int64 [K], where each line ends.

    Args:
        values: float32 [h, w].
        above: bool [h, w], whether they are above the level; nowhere at the borders.
        cells: int64 [C], rising, those that lines cross, of [h - 1, w - 1].
    """
    height, width = values.shape
    most = 2 * len(cells)  # two lines cross a cell at most
    x, y, ends = np.empty(most), np.empty(most), np.empty(most // 4, np.int64)
    # Bits by way into a cell: whether a line was followed there.
    seen = np.zeros((height, width), np.uint8)
    size, lines = 0, 0
    for cell in cells:
        j, i = cell // (width - 1), cell % (width - 1)
        for way in range(4):
            if _enters(above, j, i, way) and not seen[j, i] >> way & 1:
                size = _follow(values, above, seen, j, i, way, x, y, size)
                ends[lines] = size
                lines += 1
    return x[:size], y[:size], ends[:lines]


@compiled
def _enters(above: np.ndarray, j: int, i: int, way: int) -> bool:
    """Return whether a line comes into a cell that way: its left is above, its right is not."""
    left, right = _CORNERS[way], _CORNERS[(way + 1) % 4]
    return above[j + left[0], i + left[1]] and not above[j + right[0], i + right[1]]


@compiled
def _follow(
    values: np.ndarray, above: np.ndarray, seen: np.ndarray, j: int, i: int, way: int,
    x: np.ndarray, y: np.ndarray, size: int,
) -> int:  # fmt: skip
    """Write the points of the line that comes into a cell; return how many there are then."""
    while not seen[j, i] >> way & 1:
        seen[j, i] |= 1 << way
        left, right = _CORNERS[way], _CORNERS[(way + 1) % 4]
        a = np.float64(values[j + left[0], i + left[1]])
        b = np.float64(values[j + right[0], i + right[1]])
        part = (b - _LEVEL) / (b - a)
        x[size] = (i + left[1]) * part + (i + right[1]) * (1 - part)
        y[size] = (j + left[0]) * part + (j + right[0]) * (1 - part)
        size += 1
        far_right, far_left = _CORNERS[(way + 2) % 4], _CORNERS[(way + 3) % 4]
        ahead = above[j + far_left[0], i + far_left[1]]
        across = above[j + far_right[0], i + far_right[1]]
        if ahead != across and across:
            # Two corners that face each other are above: joined if the middle is.
            middle = np.float64(values[j, i]) + np.float64(values[j, i + 1])
            middle += np.float64(values[j + 1, i]) + np.float64(values[j + 1, i + 1])
            ahead = across = middle > 4 * _LEVEL
        if ahead and across:
            way = (way + 3) % 4
        elif not ahead:
            way = (way + 1) % 4
        j, i = j + _DOWN[way], i + _ALONG[way]
    return size
