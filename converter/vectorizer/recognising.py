"""Recognising circles, ellipses and rectangles in outlines, also where a part of one is hidden."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .bars import Bar, fit_bar
from .boxes import Box, fit_box, rotation
from .conics import (
    circle_through,
    ellipse_through,
    least_radius,
    off_conic,
    turn_seen,
    with_moments,
)
from .fields import Field
from .outlines import Outline, flattened, on_curve
from .polygons import Moments, axes, moments, signed_area
from .raster import coverage
from .shapes import SNAP, Circle, Ellipse, Rectangle, Shape, border

_MEAN, _MOST = 0.07, 0.22  # px that a shape may be off its outline: mean square root, and at most
_HOPELESS = 0.4  # px that curves are off any shape, from which their contour is not asked
_LEAST = 1.2  # px of half a side: below, anything fits anything
_UPRIGHT = 0.006  # radians within which a rectangle is upright
_SHOWN = 0.4  # of an outline that shows at least, where something is painted over it
_TURN = {Circle: 0.4, Ellipse: 0.65}  # of their turn that shows
_JOINED = 3.0  # px
_BESIDE = 8  # points beside hidden ones, where outlines bend towards what hides them
_SIDE = 6  # points that each side of a rectangle shows at least
_BESIDE_BAR = 1.0  # px beside a bar's end, within which what it covers is measured
_MOST_END = 0.8  # px that an end may move
_AROUND = 3  # px of a field around a shape that is compared with it
_WORSE = 0.1  # of a pixel, on average over nine, by which a shape may be worse than its outline
_LOOKS_OUT = 0.12  # of a pixel, on average over nine, that a shape may cover too much or too little

Allowed = Callable[[], np.ndarray]
_Look = tuple[np.ndarray, Moments]


def recognise(outline: Outline, field: Field, allowed: Allowed, slack: float = 1.0) -> Shape | None:
    """Return the shape that an outline is, None if it is none.

    Args:
        outline: as it will be drawn.
        field: what its paint covers.
        allowed: gives `field.allowed` for the whole image.
        slack: how much more than usual a shape may be off, for noisy images.
    """
    if outline.hidden.all():
        return None
    x, y = flattened(outline)
    centre, spread, area = moments(x, y)
    if area < 4 * _LEAST**2:
        return None
    points = np.stack(on_curve(outline)[:2], axis=1)
    # Curves are where the image says, but may bulge where one has to do for two; the contour that
    # they follow does not, and is a little off where it bends.
    looks = [(points, (centre, spread, area)), _contour(outline)]
    around = _cut(field, points)
    hole = signed_area(x, y) < 0
    if hole:
        around = replace(around, share=1 - around.share)
    bar = _bar(looks, ~outline.hidden, around, slack)
    whole = not outline.hidden.any()
    if bar is not None and _as_good(bar, outline, around) and (whole or _unseen(bar, allowed())):
        return bar
    if not whole:
        return None if hole else _completed(outline, points, around, allowed, slack)
    direction = _direction(outline)
    for place, of in looks:
        least = np.inf
        for shape, off in _fits(place, direction, of):
            if _near(off, slack) and _as_good(shape, outline, around):
                return shape
            least = min(least, float((off**2).mean()))
        if least > (_HOPELESS * slack) ** 2:
            break
    return None


def _contour(outline: Outline) -> _Look:
    """Return the contour that an outline follows, and its moments."""
    return np.stack([outline.x, outline.y], axis=1), moments(outline.x, outline.y)


def _cut(field: Field, points: np.ndarray) -> Field:
    """Return the part of a field around points [N, 2]."""
    low = np.floor(points.min(axis=0)).astype(int) - [field.left, field.top] - _AROUND
    high = np.ceil(points.max(axis=0)).astype(int) - [field.left, field.top] + _AROUND
    (left, top), (right, bottom) = np.maximum(low, 0), np.maximum(high, 1)
    return field.part(slice(int(top), int(bottom)), slice(int(left), int(right)))


def _near(off: np.ndarray, slack: float) -> bool:
    return bool(np.sqrt((off**2).mean()) < _MEAN * slack and np.abs(off).max() < _MOST * slack)


def _fits(points: np.ndarray, angle: float, of: Moments) -> Iterator[tuple[Shape, np.ndarray]]:
    """Yield shapes that an outline might be, and how far its points are off each."""
    conic = with_moments(*of)
    if least_radius(conic) >= _LEAST:
        yield conic, off_conic(points, conic)
    for turned in {0.0, angle, _axis(of[1])}:
        found = fit_box(points, of[2], turned)
        if found is not None and min(found[0].half) >= _LEAST:
            yield _from_box(found[0]), found[1]


def _direction(outline: Outline) -> float:
    """Return the direction of the longest line, in radians from -pi/4 to pi/4, 0 without any."""
    runs = (np.roll(outline.node, -1, axis=0) - outline.node)[outline.kinds == 0]
    if not len(runs):
        return 0.0
    x, y = runs[np.argmax(np.hypot(*runs.T))]
    angle = float((np.arctan2(y, x) + np.pi / 4) % (np.pi / 2) - np.pi / 4)
    return angle if abs(angle) > _UPRIGHT else 0.0


def _axis(spread: np.ndarray) -> float:
    """Return the direction of the longer axis of second moments, as `_direction` does."""
    angle = float((axes(spread)[2] + np.pi / 4) % (np.pi / 2) - np.pi / 4)
    return angle if abs(angle) > _UPRIGHT else 0.0


def _bar(looks: list[_Look], shown: np.ndarray, field: Field, slack: float) -> Rectangle | None:
    """Return the straight line of a width that an outline is, with ends as the field says."""
    found = [bar for points, of in looks for bar in fit_bar(points, shown, *of, slack)]
    bars = [_ended(bar, field) for bar in found]
    return min(
        map(_from_bar, bars), key=lambda shape: _gaps(border(shape), field).sum(), default=None
    )


def _ended(bar: Bar, field: Field) -> Bar:
    """Move a bar's two ends to where it covers there as much as a field says."""
    gap = (field.share - field.covered([border(_from_bar(bar))])) * field.weight
    height, width = gap.shape
    place = np.arange(width) + 1j * np.arange(height)[:, None]
    place += complex(field.left + 0.5, field.top + 0.5) - complex(*bar.centre)
    place *= np.exp(-1j * bar.angle)
    beside = np.abs(place.imag) < bar.width / 2 + _BESIDE_BAR
    moves = []
    for side in (-1, 1):
        near = beside & (np.abs(side * place.real - bar.length / 2) < bar.width / 2 + _BESIDE_BAR)
        moves.append(float(np.clip(gap[near].sum() / bar.width, -_MOST_END, _MOST_END)))
    shift = (moves[1] - moves[0]) / 2 * np.exp(1j * bar.angle)
    centre = (bar.centre[0] + float(shift.real), bar.centre[1] + float(shift.imag))
    return replace(bar, centre=centre, length=bar.length + sum(moves))


def _as_good(shape: Shape, outline: Outline, field: Field) -> bool:
    """Return whether a shape covers what a field says nowhere clearly worse than its outline."""
    x, y = flattened(outline)
    new, old = (_gaps(line, field) for line in (border(shape), x + 1j * y))
    return bool((cv2.blur(new, (3, 3)) - cv2.blur(old, (3, 3))).max() < _WORSE)


def _gaps(line: np.ndarray, field: Field) -> np.ndarray:
    """Return by how much of each pixel what a line surrounds differs from what a field says."""
    return np.abs(field.covered([line]) - field.share) * field.weight


def _from_bar(bar: Bar) -> Rectangle:
    """Return a bar as a rectangle, upright where its ends would hardly move by that."""
    length, width = bar.length, bar.width
    quarters = round(bar.angle / (np.pi / 2))
    angle = bar.angle - quarters * np.pi / 2
    if quarters % 2:
        length, width = width, length
    if abs(angle) * bar.length / 2 < SNAP:
        angle = 0.0
    x, y = bar.centre[0] - length / 2, bar.centre[1] - width / 2
    radius = bar.width / 2 if bar.round else 0.0
    return Rectangle(x, y, length, width, radius, float(np.degrees(angle)))


def _from_box(box: Box) -> Rectangle:
    """Return a rectangle, its corners perhaps round."""
    width, height = 2 * box.half[0], 2 * box.half[1]
    x, y = box.centre[0] - width / 2, box.centre[1] - height / 2
    return Rectangle(x, y, width, height, box.radius, float(np.degrees(box.angle)))


def _completed(
    outline: Outline, points: np.ndarray, field: Field, allowed: Allowed, slack: float
) -> Shape | None:
    """Return the shape whose visible part an outline has, if its other part cannot be seen."""
    around = np.pad(outline.hidden, _BESIDE, mode="wrap")
    shown = points[~sliding_window_view(around, 2 * _BESIDE + 1).any(axis=1)]
    if len(shown) < _SHOWN * len(points) or len(shown) < 2 * _SIDE:
        return None
    for shape in _through(shown, _direction(outline), slack):
        if _unseen(shape, allowed()) and _keeps(shape, outline, field):
            return shape
    return None


def _through(shown: np.ndarray, angle: float, slack: float) -> Iterator[Shape]:
    """Yield the shapes that visible points lie on, and that they tell whole."""
    for conic in (circle_through(shown), ellipse_through(shown)):
        if (
            conic is None
            or least_radius(conic) < _LEAST
            or not _near(off_conic(shown, conic), slack)
        ):
            continue
        if turn_seen(shown, conic, _JOINED) >= _TURN[type(conic)]:
            yield conic
    for turned in {0.0, angle}:
        extent = np.ptp(shown @ rotation(turned), axis=0)
        found = fit_box(shown, float(extent.prod()), turned)
        if found is None or min(found[0].half) < _LEAST or not _near(found[1], slack):
            continue
        if _all_sides(shown, found[0]):
            yield _from_box(found[0])


def _all_sides(shown: np.ndarray, box: Box) -> bool:
    """Return whether each side of a rectangle shows some points."""
    local = (shown - box.centre) @ rotation(box.angle)
    near = np.abs(local) > np.array(box.half) - 0.5
    counts = [(near[:, c] & (side * local[:, c] > 0)).sum() for c in range(2) for side in (-1, 1)]
    return min(counts) >= _SIDE


def _unseen(shape: Shape, allowed: np.ndarray) -> bool:
    """Return whether a shape lies, but for noise, where a paint may cover the image."""
    line = border(shape)
    left, right = _range(line.real, allowed.shape[1])
    top, bottom = _range(line.imag, allowed.shape[0])
    covered = coverage([line - complex(left, top)], bottom - top, right - left)
    extra = np.maximum(covered - allowed[top:bottom, left:right], 0)
    return not extra.size or bool(cv2.blur(extra, (3, 3)).max() < _LOOKS_OUT)


def _range(places: np.ndarray, size: int) -> tuple[int, int]:
    """Return the pixels of so many that places along a line, and those beside them, lie in."""
    first, last = int(np.floor(places.min())), int(np.ceil(places.max()))
    return min(max(0, first - _AROUND), size), max(min(size, last + _AROUND), 0)


def _keeps(shape: Shape, outline: Outline, field: Field) -> bool:
    """Return whether a shape covers what its outline covers of the paint itself."""
    x, y = flattened(outline)
    lost = np.minimum(field.own, field.covered([x + 1j * y])) - field.covered([border(shape)])
    return bool(cv2.blur(np.maximum(lost, 0), (3, 3)).max() < _LOOKS_OUT)
