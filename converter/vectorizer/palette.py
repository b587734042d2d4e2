"""The flat colours of an image: of its plain parts, and of what mixtures cannot explain."""

import numpy as np

from .compiled import compiled

_LEAST_SHARE = 0.0006  # of the pixels: a plain colour with less is noise
_LEAST_PIXELS = 5  # that show a colour which is nowhere plain
_FEW = 1024  # bins to begin with
_ADDED = 8  # colours at a time


def main_colours(values: np.ndarray, limit: int, merge_distance: float) -> np.ndarray:
    """Return the main colours of float32 [N, 4], the most frequent first: float32 [K, 4]."""
    if not len(values):
        return np.empty((0, 4), np.float32)
    sums, counts, keys = _binned(values)
    order = np.argsort(keys)
    order = order[np.argsort(-counts[order], kind="stable")]
    colours, counts = sums[order] / counts[order, None], counts[order]
    least = max(2.0, _LEAST_SHARE * len(values))
    return _merged(colours, counts, limit, merge_distance, least)


@compiled
def _binned(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum up pixels of about one colour: float64 [K, 4] and [K], how many, and int64 [K], keys."""
    slots = np.full(1 << 19, -1, np.int32)
    sums = np.zeros((_FEW, 4))
    counts, keys = np.zeros(_FEW), np.empty(_FEW, np.int64)
    used, slot = 0, np.int32(-1)
    for p in range(len(values)):
        # Most pixels are like the one before.
        alike = p > 0
        for c in range(4):
            alike = alike and values[p, c] == values[p - 1, c]
        if not alike:
            key = 0
            for c in range(4):
                level = int(min(255, max(0, values[p, c])))
                key = key << 4 | level >> 4 if c == 3 else key << 5 | level >> 3
            slot = slots[key]
            if slot < 0:
                if used == len(keys):
                    sums = np.concatenate((sums, np.zeros_like(sums)))
                    counts = np.concatenate((counts, np.zeros_like(counts)))
                    keys = np.concatenate((keys, keys))
                slot = slots[key] = used
                keys[used] = key
                used += 1
        counts[slot] += 1
        for c in range(4):
            sums[slot, c] += values[p, c]
    return sums[:used], counts[:used], keys[:used]


@compiled
def _merged(
    colours: np.ndarray, weights: np.ndarray, limit: int, distance: float, least: float
) -> np.ndarray:
    """Merge colours, the most frequent first, into those nearer than a distance."""
    centre = np.empty((limit, 4))
    weight = np.zeros(limit)
    count = 0
    for k in range(len(colours)):
        nearest, gap = -1, 1e18
        for c in range(count):
            d = 0.0
            for i in range(4):
                d += (colours[k, i] - centre[c, i]) ** 2
            if d < gap:
                nearest, gap = c, d
        if nearest >= 0 and gap < distance * distance:
            weight[nearest] += weights[k]
        elif count < limit:
            centre[count] = colours[k]
            weight[count] = weights[k]
            count += 1
    return centre[:count][weight[:count] >= least].astype(np.float32)


@compiled
def nearest(values: np.ndarray, palette: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which colour of [K, 4] is nearest to each pixel [N, 4], and its squared distance."""
    names = np.empty(len(values), np.int16)
    squares = np.empty(len(values), np.float32)
    for p in range(len(values)):
        # Most pixels are like the one before.
        alike = p > 0
        for c in range(4):
            alike = alike and values[p, c] == values[p - 1, c]
        if alike:
            names[p], squares[p] = names[p - 1], squares[p - 1]
            continue
        least, name = np.float32(np.inf), 0
        for k in range(len(palette)):
            square = np.float32(0)
            for c in range(4):
                square += (values[p, c] - palette[k, c]) ** 2
            if square < least:
                least, name = square, k
        names[p], squares[p] = name, least
    return names, squares


def unexplained_colours(
    values: np.ndarray, residual: np.ndarray, known: np.ndarray, least: float, distance: float
) -> np.ndarray:
    """Return colours of pixels that no mixture of known paints explains: float32 [K, 4].

    Thin strokes show their paint in few pixels or in none. The farthest from any explanation show
    it best; what lies between it and a known colour is a mixture of the two.

    Args:
        values: float32 [H, W, 4], premultiplied.
        residual: float32 [H, W], how far each pixel is from being explained.
        known: float32 [P, 4], colours of the known paints.
        least: residual from which a pixel is not.
        distance: colours nearer than this are one.
    """
    odd = np.flatnonzero(residual > least)
    if len(odd) < _LEAST_PIXELS:
        return np.empty((0, 4), np.float32)
    odd = odd[np.argsort(-residual.ravel()[odd], kind="stable")]
    pixels = values.reshape(-1, 4)[odd[:: 1 + len(odd) // 8000]]
    ends = list(known)
    found: list[np.ndarray] = []
    while len(pixels) >= _LEAST_PIXELS and len(found) < _ADDED:
        near = ((pixels - pixels[0]) ** 2).sum(axis=1) < distance**2
        if near.sum() < _LEAST_PIXELS:
            pixels = pixels[~near]
            continue
        colour = np.median(pixels[near][: max(3, int(near.sum()) // 10)], axis=0)
        mixed = near
        for end in ends:
            mixed |= _off_line(pixels, colour, end) < distance
        pixels = pixels[~mixed]
        found.append(colour)
        ends.append(colour)
    return np.array(found, np.float32).reshape(-1, 4)


def _off_line(values: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return how far colours [N, 4] lie from the straight line between two."""
    along = b - a
    t = np.clip((values - a) @ along / (along @ along + 1e-6), 0, 1)
    return np.sqrt(((values - a - t[:, None] * along) ** 2).sum(axis=1))
