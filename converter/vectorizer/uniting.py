"""Joining gradients that are parts of one, which was found in pieces."""

import cv2
import numpy as np

from .coverage import CLEAR
from .gradient_fits import around, fit_gradient, misfit
from .paints import Gradient

_ONE_CENTRE = 1.5  # px between the centres of gradients that may be one
_ONE_SHAPE = 0.02  # of two maps' coefficients, with unit norms; likewise
_RINGS = 3  # around one centre, at least, that are joined
_ONE_DIRECTION = 0.2  # sine of the angle between linear gradients that may be one
_BESIDE = 5  # px, across: what has pixels of both within this lies on their seam
_SEAM_PIXELS = 3  # at least, of those that meet
_MOST_ENDS = 20  # parts of one colour that are tried
_LEAST_PIXELS = 12  # that such a part has
_EXACT = 1.0  # misfit that nobody sees: rounding to whole levels leaves half of it
_AS_GOOD = 1.2  # times the misfit of two gradients, what one for both may have


def united(
    values: np.ndarray, cores: np.ndarray, known: int, paints: list[Gradient], noise: float
) -> list[Gradient]:
    """Join rings around one centre, and linear gradients that run on where they meet.

    Args:
        values: float32 [H, W, 4], premultiplied.
        cores: int16 [H, W], labels; changed where gradients are joined.
        known: number of the first gradient.
        paints: the gradients.
        noise: levels by which two may differ where they meet.

    Returns:
        the gradients that are left.
    """
    left = list(paints)
    # Two may be a sphere and its rim, which one gradient would blur.
    rings = [sum(_concentric(one, other) for other in left) >= _RINGS for one in left]
    index = len(left) - 1
    while index > 0:
        for other in range(index):
            ring = _concentric(left[index], left[other])
            if ring and not rings[index]:
                continue
            if not ring and not _run_on(cores, known, left, index, other, noise):
                continue
            one = _joined(values, cores, known, left, index, other, ring)
            if one is not None:
                left[other] = one
                cores[cores == known + index] = known + other
                cores[cores > known + index] -= 1
                del left[index], rings[index]
                index = len(left)  # what is larger now may meet others
                break
        index -= 1
    return left


def with_ends(
    values: np.ndarray, parts: np.ndarray, cores: np.ndarray, known: int, paints: list[Gradient],
    noise: float,
) -> list[Gradient]:  # fmt: skip
    """Give linear gradients the parts of one colour at their ends, beyond the last stops.

    Args:
        values, cores, known, paints, noise: see `united`.
        parts: int32 [H, W], numbers of smooth parts; 0 where there is none.

    Returns:
        the gradients, changed where there is such a part.
    """
    result = list(paints)
    counts = np.bincount(parts[cores == CLEAR], minlength=1)
    counts[0] = 0
    for part in np.argsort(-counts)[:_MOST_ENDS]:
        mask = (parts == part) & (cores == CLEAR)
        if counts[part] < _LEAST_PIXELS or np.ptp(values[mask], axis=0).max() > noise:
            continue
        near = cv2.dilate(mask.astype(np.uint8), np.ones((_BESIDE, _BESIDE), np.uint8)) > 0
        touching = np.bincount(cores[near & (cores >= known)] - known, minlength=1)
        for index in np.flatnonzero(touching >= _SEAM_PIXELS):
            one = _with_end(values, mask, near, cores == known + index, result[index], noise)
            if one is not None:
                result[index] = one
                cores[mask] = known + index
                break
    return result


def _with_end(
    values: np.ndarray, mask: np.ndarray, near: np.ndarray, own: np.ndarray, paint: Gradient,
    noise: float,
) -> Gradient | None:  # fmt: skip
    """Return the gradient that explains a part of one colour as well, if any.

    Args:
        mask, near, own: bool [H, W], the part, what is beside it, and the gradient's pixels.
    """
    if paint.radial:
        return None
    y, x = np.nonzero(near & own)
    gaps = paint.at(x, y) - np.median(values[mask], axis=0)
    if not _alike(gaps, noise, _slope(paint)):
        return None
    y, x = np.nonzero(mask | own)
    inside = own[y, x]
    least = max(_EXACT, _AS_GOOD * misfit(paint, x[inside], y[inside], values[own]))
    one = fit_gradient(x, y, values[y, x], least)
    if one is None or misfit(one, x[inside], y[inside], values[own]) > least:
        return None
    return one


def _joined(
    values: np.ndarray, cores: np.ndarray, known: int, paints: list[Gradient], index: int,
    other: int, ring: bool,
) -> Gradient | None:  # fmt: skip
    """Return the gradient that explains the pixels of two about as well as they do, if any."""
    first, second = paints[index], paints[other]
    y, x = np.nonzero((cores == known + index) | (cores == known + other))
    colours, own = values[y, x], cores[y, x] == known + index
    apart = max(
        misfit(first, x[own], y[own], colours[own]),
        misfit(second, x[~own], y[~own], colours[~own]),
    )
    most = max(_EXACT, _AS_GOOD * apart)
    one = around(x, y, colours, second) if ring else fit_gradient(x, y, colours, most)
    return one if one is not None and misfit(one, x, y, colours) <= most else None


def _concentric(one: Gradient, other: Gradient) -> bool:
    """Whether two gradients have one centre, and one shape but for its size."""
    if not (one.radial and other.radial):
        return False
    maps = [paint.geometry.reshape(2, 3) for paint in (one, other)]
    centres = [np.linalg.solve(each[:, :2], -each[:, 2]) for each in maps]
    shapes = [each[:, :2] / np.linalg.norm(each[:, :2]) for each in maps]
    return bool(
        np.linalg.norm(centres[0] - centres[1]) < _ONE_CENTRE
        and np.abs(shapes[0] - shapes[1]).max() < _ONE_SHAPE
    )


def _run_on(
    cores: np.ndarray, known: int, paints: list[Gradient], index: int, other: int, noise: float
) -> bool:
    """Whether two linear gradients of about one direction have the same colours along a seam."""
    first, second = paints[index], paints[other]
    if not _parallel(first, second):
        return False
    kernel = np.ones((_BESIDE, _BESIDE), np.uint8)
    labels = (known + index, known + other)
    near = [cv2.dilate((cores == label).astype(np.uint8), kernel) for label in labels]
    y, x = np.nonzero(near[0] & near[1])
    if len(x) < _SEAM_PIXELS:
        return False
    return _alike(first.at(x, y) - second.at(x, y), noise, max(_slope(first), _slope(second)))


def _parallel(one: Gradient, other: Gradient) -> bool:
    """Whether two gradients are linear and run along about one direction, or against it."""
    if one.radial or other.radial:
        return False
    a, b = (paint.geometry[:2] / np.linalg.norm(paint.geometry[:2]) for paint in (one, other))
    return bool(abs(a[0] * b[1] - a[1] * b[0]) < _ONE_DIRECTION)


def _alike(gaps: np.ndarray, noise: float, slope: float) -> bool:
    """Whether differences of colours along a seam, [N, 4], are no more than noise.

    Beyond its own pixels, a gradient keeps the colour of its end: so much is added.
    """
    most = noise + _BESIDE // 2 * slope
    return bool(np.sqrt((gaps**2).sum(axis=1).mean()) <= most)


def _slope(paint: Gradient) -> float:
    """Return by how much a linear gradient's colour changes within a pixel at most."""
    changes = np.linalg.norm(np.diff(paint.colours, axis=0), axis=1) / np.diff(paint.offsets)
    return float(changes.max() * np.linalg.norm(paint.geometry[:2]))
