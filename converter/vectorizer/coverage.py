"""How much of each pixel each paint covers.

A pixel on an edge of an anti-aliased image is a mixture `v = a A + (1 - a) B` of the two paints
that meet there, and the share `a` is the part of its area that A covers (Porter and Duff,
"Compositing digital images", 1984). Undoing the mixtures gives outlines far finer than a pixel.
"""

from typing import NamedTuple

import cv2
import numpy as np

from .compiled import compiled
from .paints import PaintTable

CLEAR = -1  # in label images: nothing is known or painted

_REACH = 2  # px within which a paint is nearby
_NEARBY = 8  # paints that may meet in one place
_MAIN = 12  # paints that may meet anywhere
_FAR_AWAY = 4.0  # px: how far off a paint counts that has no pixel of its own nearby


class Mixture(NamedTuple):
    """Each pixel as a mixture of two paints.

    Attributes:
        first, second: int16 [H, W], indices of paints; `first` covers at least half.
        share: float32 [H, W], the part that `first` covers, 0.5 to 1.
        residual: float32 [H, W], distance between the pixel and the mixture.
    """

    first: np.ndarray
    second: np.ndarray
    share: np.ndarray
    residual: np.ndarray


class Unmixing:
    """Finding for each pixel the two paints nearby whose mixture it is, and their shares.

    Where cores change or paints are added, only what depends on them is found again.
    """

    def __init__(self, values: np.ndarray, noise: float) -> None:
        """Take what stays.

        Args:
            values: float32 [H, W, 4], see `colours.measurable`.
            noise: distance by which a pixel of a paint may differ from it.
        """
        self._values, self._noise = values, np.float32(noise)
        shape = values.shape[:2]
        self._cores = np.full(shape, CLEAR, np.int16)
        # Pixels for which every paint counts, and before the first time those are all.
        self._any = np.ones(shape, np.uint8)
        names = [np.empty(shape, np.int16) for _ in range(2)]
        self._mixture = Mixture(*names, *(np.empty(shape, np.float32) for _ in range(2)))

    def mixture(self, cores: np.ndarray, table: PaintTable) -> Mixture:
        """Return the mixtures; those that were returned before change.

        Args:
            cores: int16 [H, W], the paint of pixels that certainly have only one; CLEAR elsewhere.
            table: the paints, those of the last time first.
        """
        changed = (cores != self._cores).astype(np.uint8)
        reach = 2 * _REACH + 1
        again = cv2.dilate(changed, np.ones((reach, reach), np.uint8)) | self._any
        self._cores = cores.copy()
        kernel = np.ones((3, 3), np.uint8)
        alone = (cores >= 0) & (cv2.dilate(cores, kernel) == cv2.erode(cores, kernel))
        _unmix(self._values, cores, alone, table, self._noise, again, self._any, self._mixture)
        return self._mixture


@compiled
def colour_of(table: PaintTable, index: int, x: int, y: int, out: np.ndarray) -> None:
    """Write a paint's colour at a place to `out`, float32 [4]."""
    kind, geometry, ramp = table
    if kind[index] == 0:
        for c in range(4):
            out[c] = ramp[index, 0, c]
        return
    g = geometry[index]
    if kind[index] == 1:
        t = g[0] * x + g[1] * y + g[2]
    else:
        u = g[0] * x + g[1] * y + g[2]
        v = g[3] * x + g[4] * y + g[5]
        t = np.sqrt(u * u + v * v)
    last = ramp.shape[1] - 1
    at = min(max(t, 0.0), 1.0) * last
    low = min(int(at), last - 1)
    part = np.float32(at - low)
    for c in range(4):
        out[c] = ramp[index, low, c] * (1 - part) + ramp[index, low + 1, c] * part


@compiled
def _unmix(
    values: np.ndarray, cores: np.ndarray, alone: np.ndarray, table: PaintTable, noise: float,
    again: np.ndarray, any_paint: np.ndarray, mixture: Mixture,
) -> None:  # fmt: skip
    """Find the mixtures of pixels where `again` is set; set `any_paint` where any paint counts.

    `alone` tells which pixels have only pixels of their own core around them.
    """
    first, second, share, residual = mixture
    height, width = cores.shape
    count = len(table.kind)
    names = np.empty(_NEARBY, np.int64)
    gaps = np.empty(_NEARBY)
    colours = np.empty((_NEARBY + 1, 4), np.float32)
    other = np.empty(4, np.float32)
    scale = 1 / (noise * noise)
    for y in range(height):
        for x in range(width):
            if not again[y, x]:
                continue
            any_paint[y, x] = 0
            if alone[y, x]:
                first[y, x] = second[y, x] = cores[y, x]
                share[y, x] = 1.0
                residual[y, x] = 0.0
                continue
            found = _nearby(cores, x, y, names, gaps)
            for k in range(found):
                colour_of(table, names[k], x, y, colours[k])
            best, a, b, part, off = 1e18, -1, -1, 1.0, 1e18
            for p in range(found):
                for q in range(p, found):
                    if p != q and _alike(colours[p], colours[q], noise):
                        continue
                    t, gap = _mixture(values[y, x], colours[p], colours[q], p == q)
                    cost = gap * scale + (0.3 * gaps[p] if p == q else
                                          0.6 + 0.3 * (gaps[p] + gaps[q]))  # fmt: skip
                    if cost < best:
                        best, a, b, part, off = cost, names[p], names[q], t, gap
            # Where nothing nearby explains a pixel: a paint from elsewhere, over one nearby.
            if off > 4 * noise * noise:
                any_paint[y, x] = 1
                for k in range(count):
                    colour_of(table, k, x, y, other)
                    t, gap = _mixture(values[y, x], other, other, True)
                    cost = gap * scale + 0.3 * _FAR_AWAY
                    if cost < best:
                        best, a, b, part, off = cost, k, k, 1.0, gap
                    for p in range(found):
                        t, gap = _mixture(values[y, x], other, colours[p], False)
                        cost = gap * scale + 0.6 + 0.3 * (gaps[p] + _FAR_AWAY)
                        if cost < best:
                            best, a, b, part, off = cost, k, names[p], t, gap
            # Dense lettering shows none of its paints plainly: any two of the main ones.
            if off > 4 * noise * noise:
                for k in range(min(count, _MAIN)):
                    colour_of(table, k, x, y, other)
                    for p in range(k):
                        colour_of(table, p, x, y, colours[0])
                        t, gap = _mixture(values[y, x], other, colours[0], False)
                        cost = gap * scale + 0.6 + 0.6 * _FAR_AWAY
                        if cost < best:
                            best, a, b, part, off = cost, k, p, t, gap
            if part < 0.5:
                a, b, part = b, a, 1 - part
            first[y, x], second[y, x], share[y, x] = a, b, part
            residual[y, x] = np.sqrt(off)


@compiled
def _nearby(cores: np.ndarray, x: int, y: int, names: np.ndarray, gaps: np.ndarray) -> int:
    """Collect the paints with pixels of their own nearby, and how far off they are."""
    height, width = cores.shape
    found = 0
    for j in range(max(0, y - _REACH), min(height, y + _REACH + 1)):
        for i in range(max(0, x - _REACH), min(width, x + _REACH + 1)):
            label = cores[j, i]
            if label < 0:
                continue
            gap = np.sqrt(float((i - x) * (i - x) + (j - y) * (j - y)))
            known = -1
            for k in range(found):
                if names[k] == label:
                    known = k
            if known >= 0:
                gaps[known] = min(gaps[known], gap)
            elif found < _NEARBY:
                names[found], gaps[found] = label, gap
                found += 1
    return found


@compiled
def _alike(a: np.ndarray, b: np.ndarray, noise: float) -> bool:
    """Return whether two colours are too near to tell how they are mixed."""
    gap = 0.0
    for c in range(4):
        gap += (a[c] - b[c]) ** 2
    return gap < 9 * noise * noise


@compiled
def _mixture(value: np.ndarray, a: np.ndarray, b: np.ndarray, pure: bool) -> tuple[float, float]:
    """Return the share of `a` in a value, and the squared distance of the mixture from it."""
    gap = 0.0
    if pure:
        for c in range(4):
            gap += (value[c] - a[c]) ** 2
        return 1.0, gap
    dot, square = 0.0, 1e-6
    for c in range(4):
        d = a[c] - b[c]
        dot += (value[c] - b[c]) * d
        square += d * d
    t = min(1.0, max(0.0, dot / square))
    for c in range(4):
        gap += (value[c] - b[c] - t * (a[c] - b[c])) ** 2
    return t, gap


@compiled
def best_mixture(
    value: np.ndarray,
    x: int,
    y: int,
    names: np.ndarray,
    count: int,
    table: PaintTable,
    noise: float,
) -> tuple[int, int, float, float]:
    """Return the two of some paints whose mixture is nearest to a value, and how.

    Returns:
        the paint that covers at least half, the other one, the share of the first, and the squared
        distance of the mixture from the value.
    """
    colours = np.empty((count, 4), np.float32)
    for k in range(count):
        colour_of(table, names[k], x, y, colours[k])
    best, a, b, part, off = 1e18, names[0], names[0], 1.0, 0.0
    for p in range(count):
        for q in range(p, count):
            if p != q and _alike(colours[p], colours[q], noise):
                continue
            t, gap = _mixture(value, colours[p], colours[q], p == q)
            cost = gap / (noise * noise) + (0.0 if p == q else 0.6)
            if cost < best:
                best, a, b, part, off = cost, names[p], names[q], t, gap
    if part < 0.5:
        a, b, part = b, a, 1 - part
    return a, b, part, off


@compiled
def share_of(
    first: np.ndarray, second: np.ndarray, share: np.ndarray, counted: np.ndarray
) -> np.ndarray:
    """Return how much of each pixel the counted paints cover: float32 [H, W].

    Args:
        first, second, share: of a mixture.
        counted: bool [K], by paint.
    """
    height, width = first.shape
    result = np.zeros((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            if counted[first[y, x]]:
                result[y, x] += share[y, x]
            if counted[second[y, x]]:
                result[y, x] += 1 - share[y, x]
    return result
