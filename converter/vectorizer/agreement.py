"""Shares that agree with what a JPEG keeps of them.

A JPEG tells each coefficient of a block to half a step. Where the paints are known, most of a
block's pixels are, too: what they differ by is the error of rounding, and that tells the error of
the pixels on the edges between them. So the shares there are those, from 0 to 1, with which the
block's coefficients differ least from the decoded ones, each in units of its step: decoding as an
inverse problem (Zakhor, "Iterative procedures for reduction of blocking effects in transform image
coding", 1992), with the paints as what is known beforehand. Chroma counts with its own steps and
resolution, so that paints of one lightness are told apart, too.
"""

import cv2
import numpy as np

from .colours import COARSE
from .compiled import compiled
from .coverage import Mixture, colour_of
from .jpeg import SIDE, Quantisation, halved, in_blocks, transform
from .paints import PaintTable

_PURE = 0.97  # share from which a pixel counts as one of its paint's
_AROUND = 2  # px within which the other paint of a pixel beside an edge is looked for
_EXACT = 1.0  # levels by which paints, and rounding to whole levels, may be off
_SWEEPS = 6
_DONE = 0.004  # change of a share, in a sweep, at which it ends
_LEAST_CHANGE = 0.001  # of a share
_LEAST_RISE = 0.2  # levels, of what was clipped
_KEPT = 0.3  # what it counts that a share stays as it was, in squared steps
_KEPT_CLIPPED = 0.004  # likewise, for each squared level of contrast where coefficients tell less
_SMOOTH = 1.0  # what it counts that shares side by side are alike; likewise


def agreeing(
    mixture: Mixture,
    values: np.ndarray,
    clipped: np.ndarray,
    table: PaintTable,
    quantisation: Quantisation,
) -> Mixture:
    """Return a mixture whose shares at edges are those that a JPEG's coefficients tell.

    Args:
        mixture: of each pixel; its residuals are kept.
        values: float32 [H, W, 4], see `colours.measurable`.
        clipped: int8 [H, W], 1 where a channel may have been brighter than white, -1 where one may
            have been darker than black, before it was cut off there; else 0.
        table: the paints.
        quantisation: of the JPEG.
    """
    first, second, share = (array.copy() for array in mixture[:3])
    free = _beside_edges(first, second, share)
    _pair(first, second, share, free)
    part = 2 if quantisation.halved else 1
    height, width = (length // (part * SIDE) * part * SIDE for length in first.shape)
    box = np.s_[:height, :width]
    # In one piece each: functions are compiled for such arrays, and would be anew for others.
    names, others, shares, frees, clips = (
        np.ascontiguousarray(each[box]) for each in (first, second, share, free, clipped)
    )
    drawn = np.empty((height, width, 3), np.float32)
    _draw(names, others, shares, table, drawn)
    forms = (_form(quantisation.luma, COARSE[0]), _form(quantisation.chroma, COARSE[1]))
    planes = values[box][..., :3]
    if quantisation.halved:
        small = cv2.resize(drawn[..., 1:], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        chroma = small - halved(planes[..., 1:])
    else:
        chroma = drawn[..., 1:] - planes[..., 1:]
    pulls = (
        _pull(drawn[..., 0] - planes[..., 0], forms[0]),
        _pull(chroma[..., 0], forms[1]),
        _pull(chroma[..., 1], forms[1]),
    )
    _descend(names, others, shares, frees, clips, table, pulls, forms, part)
    share[box] = shares
    less = share < 0.5
    first[less], second[less] = second[less], first[less]
    share[less] = 1 - share[less]
    return Mixture(first, second, share, mixture.residual)


def _beside_edges(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return bool [H, W]: True for pixels that an edge may cross."""
    kernel = np.ones((3, 3), np.uint8)
    edge = cv2.dilate(first, kernel) != cv2.erode(first, kernel)
    edge |= (first != second) & (share < _PURE)
    return cv2.dilate(edge.astype(np.uint8), kernel) > 0


@compiled
def _pair(first: np.ndarray, second: np.ndarray, share: np.ndarray, free: np.ndarray) -> None:
    """Give pixels beside an edge that are of one paint the nearest other one to mix with."""
    height, width = first.shape
    for y in range(height):
        for x in range(width):
            if not free[y, x] or (first[y, x] != second[y, x] and share[y, x] < _PURE):
                continue
            nearest = 2 * _AROUND * _AROUND + 1
            for v in range(max(0, y - _AROUND), min(height, y + _AROUND + 1)):
                for u in range(max(0, x - _AROUND), min(width, x + _AROUND + 1)):
                    gap = (v - y) * (v - y) + (u - x) * (u - x)
                    if first[v, u] != first[y, x] and gap < nearest:
                        nearest = gap
                        second[y, x] = first[v, u]
                        share[y, x] = 1.0
            free[y, x] = first[y, x] != second[y, x]


@compiled
def _draw(
    first: np.ndarray, second: np.ndarray, share: np.ndarray, table: PaintTable, out: np.ndarray
) -> None:
    """Write what a mixture looks like to `out`, float32 [H, W, 3]."""
    height, width = first.shape
    a, b = np.empty(4, np.float32), np.empty(4, np.float32)
    for y in range(height):
        for x in range(width):
            colour_of(table, first[y, x], x, y, a)
            if share[y, x] < 1:
                colour_of(table, second[y, x], x, y, b)
                for c in range(3):
                    a[c] = b[c] + share[y, x] * (a[c] - b[c])
            for c in range(3):
                out[y, x, c] = a[c]


def _form(steps: np.ndarray, scale: float) -> np.ndarray:
    """Return the quadratic form, float32 [64, 64], of what a block's error counts.

    Errors of rounding are spread evenly over a step, with a twelfth of its square as variance.
    """
    known = 1 / (scale**2 * (steps**2 / 12 + _EXACT**2))
    return np.ascontiguousarray((transform().T * known) @ transform(), np.float32)


def _pull(error: np.ndarray, form: np.ndarray) -> np.ndarray:
    """Return how much less an error [H, W] would count, were each pixel's less: by block, [B, 64].

    One block's lie side by side, as a change of a pixel changes all of its block.
    """
    return in_blocks(error).reshape(-1, SIDE * SIDE) @ form


@compiled
def _descend(
    first: np.ndarray, second: np.ndarray, share: np.ndarray, free: np.ndarray,
    clipped: np.ndarray, table: PaintTable, pulls: tuple, forms: tuple, part: int,
) -> None:  # fmt: skip
    """Change shares, one after the other, to where all errors together count least.

    Args:
        first, second, share: of a mixture; whole blocks. Shares may fall below one half.
        free: which may change.
        clipped: where luma may have been more, or less.
        table: the paints.
        pulls: of luma and the two of chroma; kept up to date.
        forms: of luma and of chroma.
        part: pixels across, and down, for one of chroma.
    """
    luma, blue, red = pulls
    form, form_chroma = forms
    height, width = first.shape
    was = share.copy()
    rise = np.zeros((height, width), np.float32)
    clips = _blocks_with(clipped != 0)
    place = _looked_at(free, clipped, part)
    contrast = _contrasts(first, second, free, table, place, part)
    for _ in range(_SWEEPS):
        most = 0.0
        for n in range(len(place)):
            y, x, block, p = place[n, 0], place[n, 1], place[n, 2], place[n, 3]
            if free[y, x]:
                small, q = place[n, 4], place[n, 5]
                d, e, f = contrast[n, 0], contrast[n, 1], contrast[n, 2]
                slope = d * luma[block, p] + e * blue[small, q] + f * red[small, q]
                kept = _KEPT
                if clips[y // SIDE, x // SIDE]:
                    kept += _KEPT_CLIPPED * d * d
                slope += kept * (share[y, x] - was[y, x])
                bend = d * d * form[p, p] + (e * e + f * f) * form_chroma[q, q] + kept
                for k in range(4):
                    j, i = y + (k == 0) - (k == 1), x + (k == 2) - (k == 3)
                    if 0 <= j < height and 0 <= i < width:
                        other = _same_share(first, second, share, y, x, j, i)
                        if other >= 0:
                            slope += _SMOOTH * (share[y, x] - other)
                            bend += _SMOOTH
                changed = min(1.0, max(0.0, share[y, x] - slope / bend)) - share[y, x]
                if abs(changed) > _LEAST_CHANGE:
                    share[y, x] += changed
                    most = max(most, abs(changed))
                    _push(luma, block, form, p, d * changed)
                    _push(blue, small, form_chroma, q, e * changed)
                    _push(red, small, form_chroma, q, f * changed)
            if clipped[y, x] != 0:
                more = max(0.0, rise[y, x] + clipped[y, x] * luma[block, p] / form[p, p])
                changed = more - rise[y, x]
                if abs(changed) > _LEAST_RISE:
                    rise[y, x] = more
                    _push(luma, block, form, p, -clipped[y, x] * changed)
        if most < _DONE:
            break


@compiled
def _looked_at(free: np.ndarray, clipped: np.ndarray, part: int) -> np.ndarray:
    """Return the pixels that may change, with others of their blocks that were clipped.

    Returns:
        int64 [N, 6], row by row: y, x, block of luma and place in it, likewise of chroma.
    """
    height, width = free.shape
    blocks = _blocks_with(free)
    places = np.empty((height * width, 6), np.int64)
    count = 0
    for y in range(height):
        for x in range(width):
            if not blocks[y // SIDE, x // SIDE] or not (free[y, x] or clipped[y, x] != 0):
                continue
            v, u = y // part, x // part
            places[count, 0], places[count, 1] = y, x
            places[count, 2] = y // SIDE * (width // SIDE) + x // SIDE
            places[count, 3] = y % SIDE * SIDE + x % SIDE
            places[count, 4] = v // SIDE * (width // part // SIDE) + u // SIDE
            places[count, 5] = v % SIDE * SIDE + u % SIDE
            count += 1
    return places[:count]


@compiled
def _contrasts(
    first: np.ndarray, second: np.ndarray, free: np.ndarray, table: PaintTable, place: np.ndarray,
    part: int,
) -> np.ndarray:  # fmt: skip
    """Return by what a share's change changes luma and chroma at each place: float64 [N, 3]."""
    contrast = np.zeros((len(place), 3))
    a, b = np.empty(4, np.float32), np.empty(4, np.float32)
    for n in range(len(place)):
        y, x = place[n, 0], place[n, 1]
        if free[y, x]:
            colour_of(table, first[y, x], x, y, a)
            colour_of(table, second[y, x], x, y, b)
            contrast[n, 0] = a[0] - b[0]
            contrast[n, 1] = (a[1] - b[1]) / part**2
            contrast[n, 2] = (a[2] - b[2]) / part**2
    return contrast


@compiled
def _blocks_with(chosen: np.ndarray) -> np.ndarray:
    """Return bool [H / 8, W / 8]: True for blocks with a chosen pixel."""
    height, width = chosen.shape
    result = np.zeros((height // SIDE, width // SIDE), np.bool_)
    for y in range(height):
        for x in range(width):
            if chosen[y, x]:
                result[y // SIDE, x // SIDE] = True
    return result


@compiled
def _same_share(
    first: np.ndarray, second: np.ndarray, share: np.ndarray, y: int, x: int, j: int, i: int
) -> float:
    """Return the share, of pixel j, i, of what is first at y, x; -1 where other paints meet."""
    own, other = first[y, x], second[y, x]
    if first[j, i] == own and (second[j, i] == other or share[j, i] >= 1):
        return share[j, i]
    if first[j, i] == other and (second[j, i] == own or share[j, i] >= 1):
        return 1 - share[j, i]
    return -1.0


@compiled
def _push(pull: np.ndarray, block: int, form: np.ndarray, pixel: int, change: float) -> None:
    """Bring a block's pull up to date after the change of one of its pixels."""
    by = np.float32(change)
    for k in range(SIDE * SIDE):  # rows of their own would take twice as long
        pull[block, k] += form[pixel, k] * by
