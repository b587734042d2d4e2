"""How far a drawing's outlines are from the true ones, and how much they wobble.

Outlines are what eyes see: the places where the rendered picture changes, whichever shapes lie
over one another in the file. They are found below the pixel of a large rendering, as points with a
direction, by the maxima of the gradient across them (Canny, "A Computational Approach to Edge
Detection", 1986), of all channels together (Di Zenzo, "A note on the gradient of a multi-image",
1986). Lengths are in pixels of the upload.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import cKDTree

from converter.benchmarks.parts import count_parts

SCALE = 12  # pixels of the rendering for one of the upload

# Softening before directions are measured. Stairs and wobble have periods from one pixel up; of a
# wave of one pixel 64 % is left, of one of two 90 %. With less, the rendering's own rounding shows.
_SIGMA = 0.15
_TILE = 128
_NEIGHBOURS = np.ones((3, 3), np.uint8)

# A step of this share of the range between black and white is an outline that must have a
# counterpart; half of it is enough to be one.
CONTRAST = 0.1
_FAINT = CONTRAST / 2

_FAR = 4.0  # distances are cut there: a stray shape counts by its length, not by where it lies
_MATCHED = 1.0  # directions are compared with a true outline at most this far
_NEAR_CORNER = 0.75  # on both sides of a true corner
_STRAIGHT = 0.94  # resultant length of the directions around a point: sharper bends are corners
_CELL = 0.25
_AT_MOST = 40_000  # points of an outline that are looked up


@dataclass(frozen=True)
class Outline:
    """The outlines of a picture, as points.

    Attributes:
        points: float32 [N, 2], x and y.
        normals: float32 [N], angle across the outline in radians, without a sense: modulo pi.
        contrasts: float32 [N], the step there, 0 to 1 (2 at most, of all channels together).
        weights: float32 [N], the length of outline that a point stands for.
    """

    points: np.ndarray
    normals: np.ndarray
    contrasts: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.points)

    def of(self, contrast: float) -> "Outline":
        """Return the part with at least this contrast."""
        return self._at(self.contrasts >= contrast)

    def thinned(self, count: int) -> "Outline":
        """Return at most `count` of the points, evenly taken."""
        if len(self) <= count:
            return self
        return self._at(np.linspace(0, len(self) - 1, count).astype(int))

    def _at(self, index: np.ndarray) -> "Outline":
        return Outline(
            self.points[index], self.normals[index], self.contrasts[index], self.weights[index]
        )


@dataclass(frozen=True)
class OutlineErrors:
    """A drawing's outlines beside the true ones. Pixels of the upload; degrees.

    Attributes:
        off: mean distance of the drawn outline from the true one, no more than 4 each.
        lost: distance of the true outline from the drawn one, 99th percentile, no more than 4.
        stray: share of the drawn outline that is more than a pixel from any true one, 0 to 1.
        missing: share of the true outline that is more than a pixel from any drawn one.
        turn: mean difference of direction, away from true corners.
        turn95: its 95th percentile.
        parts: small outlines of the source, such as dots and small letters.
        parts_lost: those of them without a counterpart.
    """

    off: float
    lost: float
    stray: float
    missing: float
    turn: float
    turn95: float
    parts: int
    parts_lost: int


def find_outline(rendering: np.ndarray, scale: int = SCALE) -> Outline:
    """Find the outlines of a rendering.

    Args:
        rendering: uint8 [H, W, C], the channels multiplied by alpha where there is one.
        scale: pixels of the rendering for one of the upload.
    """
    sigma = _SIGMA * scale
    reach = int(np.ceil(4 * sigma))
    found = [np.zeros((0, 5), np.float32)]
    for top, left in _tiles_with_edges(rendering):
        found.append(_edges(rendering, top, left, sigma, reach))
    x, y, angle, contrast, weight = np.concatenate(found).astype(np.float32).T
    return Outline(np.column_stack([x + 0.5, y + 0.5]) / scale, angle, contrast, weight / scale)


def _tiles_with_edges(rendering: np.ndarray) -> list[tuple[int, int]]:
    """Return the corners (top, left) of the tiles in which anything changes."""
    height, width, channels = rendering.shape
    # Four channels are compared as one number, which takes a tenth of the time.
    values = rendering.view(np.uint32) if channels == 4 else rendering
    found = []
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            around = np.s_[max(0, top - 1) : top + _TILE + 1, max(0, left - 1) : left + _TILE + 1]
            tile = values[around]
            if (tile != tile[0, 0]).any() and _change(rendering[around]) > 2:
                found.append((top, left))
    return found


def _change(tile: np.ndarray) -> int:
    """Return the largest step between neighbours in a tile [H, W, C]."""
    high, low = cv2.dilate(tile, _NEIGHBOURS), cv2.erode(tile, _NEIGHBOURS)
    return int(cv2.subtract(high, low).max())


def _edges(rendering: np.ndarray, top: int, left: int, sigma: float, reach: int) -> np.ndarray:
    """Return the edge points of a tile: x, y, angle, contrast, length, in its pixels [N, 5]."""
    height, width = rendering.shape[:2]
    around = reach + 1
    rows = np.clip(np.arange(top - around, min(top + _TILE, height) + around), 0, height - 1)
    columns = np.clip(np.arange(left - around, min(left + _TILE, width) + around), 0, width - 1)
    patch = rendering[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if len(rows) != patch.shape[0] or len(columns) != patch.shape[1]:
        patch = rendering[rows[:, None], columns]
    xx, yy, xy = _structure(patch, sigma, reach)
    # The step that a point's gradient stands for: Gaussian, and the pixel that averages, too.
    unit = np.sqrt(2 * np.pi * (sigma**2 + 1 / 12)) / 255
    strength = np.sqrt((xx + yy) / 2 + np.sqrt(((xx - yy) / 2) ** 2 + xy**2)) * unit
    inner = strength[around:-around, around:-around]
    y, x = np.nonzero(inner >= _FAINT)
    y, x = y + around, x + around
    angle = 0.5 * np.arctan2(2 * xy[y, x], xx[y, x] - yy[y, x])
    cos, sin = np.cos(angle), np.sin(angle)
    # Maxima along the axis that is nearer to the normal: on the grid, where nothing is made up.
    across = np.abs(cos) >= np.abs(sin)
    dx, dy = across.astype(int), (~across).astype(int)
    here, before, after = strength[y, x], strength[y - dy, x - dx], strength[y + dy, x + dx]
    top_most = (here > before) & (here >= after) & (before > 0) & (after > 0)
    x, y, dx, dy = x[top_most], y[top_most], dx[top_most], dy[top_most]
    here, before, after = (np.log(each[top_most]) for each in (here, before, after))
    # Exact where the profile is a Gaussian.
    shift = np.clip(0.5 * (before - after) / (before - 2 * here + after), -0.5, 0.5)
    length = 1 / np.maximum(np.abs(cos), np.abs(sin))[top_most]
    return np.column_stack(
        [
            x + dx * shift + left - around,
            y + dy * shift + top - around,
            angle[top_most],
            np.exp(here),
            length,
        ]
    )


def _structure(
    patch: np.ndarray, sigma: float, reach: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the sums over the channels of gx gx, gy gy and gx gy."""
    at = np.arange(-reach, reach + 1)
    smooth = np.exp(-(at**2) / (2 * sigma**2))
    smooth /= smooth.sum()
    slope = at * smooth  # cv2 correlates: positive where the values rise
    slope /= (at * slope).sum()
    sums = [np.zeros(patch.shape[:2], np.float32) for _ in range(3)]
    for channel, times in _channels(patch):
        gx = cv2.sepFilter2D(channel, cv2.CV_32F, slope, smooth, borderType=cv2.BORDER_REPLICATE)
        gy = cv2.sepFilter2D(channel, cv2.CV_32F, smooth, slope, borderType=cv2.BORDER_REPLICATE)
        for total, product in zip(sums, (gx * gx, gy * gy, gx * gy), strict=True):
            total += times * product
    return sums[0], sums[1], sums[2]


def _channels(patch: np.ndarray) -> list[tuple[np.ndarray, int]]:
    """Return the channels in which anything changes, each once, and how often it is there."""
    found: list[tuple[np.ndarray, int]] = []
    for channel in cv2.split(patch):
        if found and np.array_equal(channel, found[-1][0]):
            found[-1] = channel, found[-1][1] + 1
        elif channel.min() != channel.max():
            found.append((channel, 1))
    return found


def compare_outlines(drawn: Outline, true: Outline) -> OutlineErrors:
    """Measure drawn outlines against the true ones.

    A picture without outlines has nothing to be near to: then all of the other's are `_FAR`.
    """
    lines, seen = drawn.of(CONTRAST).thinned(_AT_MOST), true.of(CONTRAST)
    facts = seen.thinned(_AT_MOST)
    parts, parts_lost = count_parts(seen.points, seen.weights, _distances(seen, drawn)[0])
    away, nearest = _distances(lines, true)
    lacking, _ = _distances(facts, drawn)
    turns, weights = _turns(lines, true, away, nearest)
    return OutlineErrors(
        off=_mean(away, lines.weights),
        lost=_percentile(lacking, facts.weights, 99),
        stray=_mean(away > _MATCHED, lines.weights),
        missing=_mean(lacking > _MATCHED, facts.weights),
        turn=_mean(turns, weights),
        turn95=_percentile(turns, weights, 95),
        parts=parts,
        parts_lost=parts_lost,
    )


def _distances(points: Outline, others: Outline) -> tuple[np.ndarray, np.ndarray]:
    """Return each point's distance to the nearest other one, and which that is."""
    if not len(others) or not len(points):
        return np.full(len(points), _FAR), np.zeros(len(points), int)
    away, nearest = cKDTree(others.points).query(points.points, workers=1)
    return np.minimum(away, _FAR), nearest


def _turns(
    drawn: Outline, true: Outline, away: np.ndarray, nearest: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the differences of direction in degrees, 0 to 90, and what each weighs."""
    if not len(true) or not len(drawn):
        return np.zeros(0), np.zeros(0)
    clear = (away <= _MATCHED) & _has_one_direction(true)[nearest]
    difference = drawn.normals[clear] - true.normals[nearest[clear]]
    difference = np.abs((difference + np.pi / 2) % np.pi - np.pi / 2)
    return np.degrees(difference), drawn.weights[clear]


def _has_one_direction(outline: Outline) -> np.ndarray:
    """Return bool [N]: False near corners, and where outlines of other directions are near.

    There a point may be matched with the wrong side. The directions around each point are averaged
    as doubled angles, so that the two sides of a thin line agree.
    """
    cells = np.floor(outline.points / _CELL).astype(int)
    cells -= cells.min(axis=0)
    width, height = cells.max(axis=0) + 1
    flat = cells[:, 1] * width + cells[:, 0]
    side = 2 * round(_NEAR_CORNER / _CELL) + 1

    def around(values: np.ndarray) -> np.ndarray:
        grid = np.bincount(flat, values * outline.weights, width * height).reshape(height, width)
        return cv2.boxFilter(
            grid, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT
        ).ravel()[flat]

    doubled = 2 * outline.normals.astype(float)
    resultant = np.hypot(around(np.cos(doubled)), around(np.sin(doubled)))
    return resultant >= _STRAIGHT * around(np.ones(len(outline)))


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    total = float(weights.sum())
    return float((values * weights).sum() / total) if total else 0.0


def _percentile(values: np.ndarray, weights: np.ndarray, percent: float) -> float:
    if not len(values):
        return 0.0
    order = np.argsort(values)
    passed = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(passed, passed[-1] * percent / 100)]])
