"""From contours to outlines: lines and cubics along them, moved until the drawing covers of each
pixel what the image says.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from .adjust import adjust, control
from .beziers import at
from .compiled import compiled
from .corners import find_corners, tangents
from .fields import Field
from .nodes import CORNER, FIRM, LINE, divide, places
from .raster import add_coverage
from .sparing import Chain, Run, spare

STEP = 0.5  # px between the points of an outline
_REACH = 2.2  # px over which a tangent is measured
_SKIP = 1.0  # px around a corner that a contour rounds off
_SLACKS = (1.0, 2.0, 4.0, 8.0)
_LEAST_LENGTH = 0.15  # px of outlines, on average over nine pixels, that close a gap there
_MOVES = 2  # of a line's points, until it covers what a smooth one can
_STRAIGHT = 0.04  # px from its chord, that a curve may be replaced by it
_UNSEEN = 0.01  # weight of what is painted over

NONE_FIRM = np.empty((0, 2), np.int64)

Points = tuple[np.ndarray, np.ndarray]  # x and y of a closed line


@dataclass
class Outline:
    """A closed chain of lines and cubics, and the points that it follows.

    Attributes:
        node: float64 [K, 2], px from the image's top left corner.
        leave, arrive, arms, kinds, corner: see `adjust`.
        x, y: float64 [N], points of the contour.
        hidden: bool [N], True where something is painted over it.
        weight: float64 [N], what the points count: 1 where nothing is uncertain.
        start: int64 [K], index of the point at each node.
        segment, t: int64 and float64 [N], which segment each point follows, and where on it.
    """

    node: np.ndarray
    leave: np.ndarray
    arrive: np.ndarray
    arms: np.ndarray
    kinds: np.ndarray
    corner: np.ndarray
    x: np.ndarray
    y: np.ndarray
    hidden: np.ndarray
    weight: np.ndarray
    start: np.ndarray
    segment: np.ndarray
    t: np.ndarray


def fit(
    line: np.ndarray, field: Field, noise: float, price: float, least_bend: float,
    firm: np.ndarray = NONE_FIRM,
) -> Outline | None:  # fmt: skip
    """Find the nodes of a contour, and the lines and cubics between them.

    Args:
        line: complex [N], closed, in px.
        field: whose contour it is.
        noise: px that it lies off, on average.
        price: of a node, in squared noises per px of length.
        least_bend: radians that a corner turns at least.
        firm: int64 [K, 2], rising, points of the line between which all are corners.
    """
    x, y, step = evenly(line)
    n = len(x)
    if n < 8:
        return None
    hidden = _looked_up(field.hidden, x - field.left, y - field.top)
    doubt = _looked_up(field.doubt, x - field.left, y - field.top)
    weight = np.where(hidden, _UNSEEN, 1 / (1 + doubt) ** 2)
    corners, sharp = find_corners(x, y, n, step, least_bend)
    corners, sharp, fixed = _with_firm(line.real, line.imag, firm, step, n, corners, sharp)
    direction = tangents(x, y, n, step, _REACH)
    index, corner_of = places(direction, n, step, corners)
    points = [np.concatenate((values, values, values)) for values in (x, y, weight)]
    # Where the noise is underestimated, nothing follows the outline nearly enough.
    for slack in _SLACKS:
        chosen, is_corner, kinds, curves = divide(
            *points, n, step, noise * slack, price, direction, index, corner_of, sharp, fixed
        )
        count = len(chosen)
        if count >= 2:
            break
    else:
        return None
    start = index[chosen]
    is_corner[np.append(fixed, False)[corner_of[chosen]]] = FIRM
    outline = Outline(
        *_chain(curves), kinds, is_corner, x, y, hidden, weight, start,
        *_followed(start, n, count),
    )  # fmt: skip
    settle(outline)
    simplify(outline, Run(*points, n, step, noise, price))
    return outline


@compiled
def _with_firm(
    x: np.ndarray, y: np.ndarray, firm: np.ndarray, step: float, n: int, corners: np.ndarray,
    sharp: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Return what `find_corners` does, with firm corners for those found near them, and which."""
    along = np.zeros(len(x))
    for k in range(1, len(x)):
        along[k] = along[k - 1] + np.hypot(x[k] - x[k - 1], y[k] - y[k - 1]) / step
    # By point of the outline: a row of `sharp`, of `fresh` below 0, or nothing.
    nothing = len(corners)
    rows = np.full(n, nothing, np.int64)
    for c in range(len(corners)):
        rows[corners[c]] = c
    fresh = np.empty((len(x), 6))
    count = 0
    for first, last in firm:
        for i in range(int(along[first]) - 1, int(along[last]) + 3):
            if rows[i % n] >= 0:
                rows[i % n] = nothing
        for k in range(first + 1, last):
            fresh[count, 0], fresh[count, 1] = x[k], y[k]
            for side in range(2):
                dx, dy = x[k + side] - x[k - 1 + side], y[k + side] - y[k - 1 + side]
                length = np.hypot(dx, dy)
                fresh[count, 2 + 2 * side], fresh[count, 3 + 2 * side] = dx / length, dy / length
            count += 1
            rows[round(along[k]) % n] = -count
    places = np.flatnonzero(rows < nothing)
    found = np.empty((len(places), 6))
    for c in range(len(places)):
        row = rows[places[c]]
        found[c] = fresh[-row - 1] if row < 0 else sharp[row]
    return places, found, rows[places] < 0


def simplify(o: Outline, run: Run) -> None:
    """Take away the nodes that an outline can do without, and settle it again."""
    # Between a line and a curve that runs on from it, a settled node may lie far along.
    o.start = _beside(o.node, o.x, o.y, o.start)
    chain = Chain(o.start, o.node, o.leave, o.arrive, o.kinds, o.corner)
    kept, changed = spare(run, chain)
    if kept.all():
        return
    fresh = changed.any(axis=1)
    o.arms[fresh] = np.stack(
        [np.hypot(*(changed[fresh, 2:4] - changed[fresh, :2]).T),
         np.hypot(*(changed[fresh, 6:] - changed[fresh, 4:6]).T)], axis=1
    )  # fmt: skip
    for name in ("node", "leave", "arrive", "arms", "kinds", "corner", "start"):
        setattr(o, name, getattr(o, name)[kept])
    o.segment, o.t = _followed(o.start, len(o.x), len(o.node))
    settle(o)


@compiled
def _beside(node: np.ndarray, x: np.ndarray, y: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the indices of the points next to nodes, int64 [K], rising from the first.

    Args:
        node: float64 [K, 2].
        x, y: float64 [N], points of the outline.
        start: int64 [K], rising from the first, where looking begins; at least one point apart.
    """
    n, count = len(x), len(node)
    result = start.copy()
    for k in range(count):
        low = result[k - 1] + 1 if k else start[count - 1] - n + 1
        high = start[k + 1] - 1 if k + 1 < count else result[0] + n - 1
        for step in (-1, 1):
            while low <= result[k] + step <= high:
                i, j = result[k] % n, (result[k] + step) % n
                here = (x[i] - node[k, 0]) ** 2 + (y[i] - node[k, 1]) ** 2
                there = (x[j] - node[k, 0]) ** 2 + (y[j] - node[k, 1]) ** 2
                if there >= here:
                    break
                result[k] += step
    return result


@compiled
def _chain(curves: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return nodes, angles and arms of the control points [K, 8]."""
    count = len(curves)
    leave, arrive, arms = np.empty(count), np.empty(count), np.empty((count, 2))
    for k in range(count):
        c = curves[k]
        leave[k] = np.arctan2(c[3] - c[1], c[2] - c[0])
        arrive[(k + 1) % count] = np.arctan2(c[7] - c[5], c[6] - c[4])
        arms[k, 0] = np.hypot(c[2] - c[0], c[3] - c[1])
        arms[k, 1] = np.hypot(c[6] - c[4], c[7] - c[5])
    return curves[:, :2].copy(), leave, arrive, arms


@compiled
def _followed(start: np.ndarray, n: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which segment each point follows, and where on it."""
    segment, t = np.zeros(n, np.int64), np.zeros(n)
    for k in range(count):
        first = start[k]
        last = start[k + 1] if k + 1 < count else start[0] + n
        for run in range(first, last):
            segment[run % n] = k
            t[run % n] = (run - first) / max(1, last - first)
    return segment, t


def evenly(line: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return a closed line as x and y of points at even distances, and their distance."""
    return _evenly(line.real, line.imag)


@compiled
def _evenly(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    n = len(x)
    along = np.zeros(n + 1)
    for k in range(n):
        after = (k + 1) % n
        along[k + 1] = along[k] + np.hypot(x[after] - x[k], y[after] - y[k])
    count = max(8, round(along[n] / STEP))
    step = along[n] / count
    even_x, even_y = np.empty(count), np.empty(count)
    k = 0
    for p in range(count):
        while k < n - 1 and along[k + 1] <= p * step:
            k += 1
        after = (k + 1) % n
        part = (p * step - along[k]) / (along[k + 1] - along[k])
        even_x[p], even_y[p] = x[k] + part * (x[after] - x[k]), y[k] + part * (y[after] - y[k])
    return even_x, even_y, step


def settle(outline: Outline, rounds: int = 5) -> None:
    """Move an outline's nodes to where it follows its points best."""
    weight = outline.weight.copy()
    weight[_near_corners(outline)] *= 0.02
    _adjust(outline, outline.x, outline.y, weight, rounds)


def _adjust(o: Outline, x: np.ndarray, y: np.ndarray, weight: np.ndarray, rounds: int) -> None:
    adjust(
        o.node, o.leave, o.arrive, o.arms, o.kinds, o.corner, x, y, weight, o.segment, o.t, rounds
    )


def _near_corners(outline: Outline) -> np.ndarray:
    return _near(outline.x, outline.y, outline.node[outline.corner == CORNER])


@compiled
def _near(x: np.ndarray, y: np.ndarray, corners: np.ndarray) -> np.ndarray:
    near = np.zeros(len(x), np.bool_)
    for k in range(len(corners)):
        for p in range(len(x)):
            if (x[p] - corners[k, 0]) ** 2 + (y[p] - corners[k, 1]) ** 2 < _SKIP**2:
                near[p] = True
    return near


def correct(outlines: list[Outline], field: Field, most: float) -> None:
    """Move outlines so that they cover of each pixel what the field says.

    Args:
        outlines: all of one paint.
        field: its own.
        most: px that a point may move.
    """
    placed = [on_curve(outline) for outline in outlines]
    points = [(x, y) for x, y, _, _ in placed]
    gap, length = _gaps([flattened(outline) for outline in outlines], points, field)
    for outline, (x, y, nx, ny) in zip(outlines, placed, strict=True):
        shift = _moves(gap, length, most, x - field.left, y - field.top)
        shift[outline.hidden] = 0
        _adjust(outline, x + shift * nx, y + shift * ny, outline.weight, 3)


def straighten(outlines: list[Outline]) -> None:
    """Make curves between corners lines where nobody sees a difference."""
    for o in outlines:
        _straighten(o.node, o.leave, o.arrive, o.arms, o.kinds, o.corner)


@compiled
def _straighten(
    node: np.ndarray, leave: np.ndarray, arrive: np.ndarray, arms: np.ndarray, kinds: np.ndarray,
    corner: np.ndarray,
) -> None:  # fmt: skip
    count = len(node)
    for s in range(count):
        e = (s + 1) % count
        if kinds[s] == LINE or not corner[s] or not corner[e]:
            continue
        chord = np.arctan2(node[e, 1] - node[s, 1], node[e, 0] - node[s, 0])
        # A cubic lies within three quarters of its control points' distance from the chord.
        off = max(
            abs(arms[s, 0] * np.sin(leave[s] - chord)), abs(arms[s, 1] * np.sin(arrive[e] - chord))
        )
        if 0.75 * off < _STRAIGHT:
            kinds[s] = LINE


def moved(lines: list[Points], field: Field, most: float) -> list[Points]:
    """Return lines, each of whose points is moved by itself as `correct` moves outlines."""
    for _ in range(_MOVES):
        gap, length = _gaps(lines, lines, field)
        shifts = [_moves(gap, length, most, x - field.left, y - field.top) for x, y in lines]
        lines = [_shifted(x, y, shift) for (x, y), shift in zip(lines, shifts, strict=True)]
    return lines


def _gaps(lines: list[Points], points: list[Points], field: Field) -> tuple[np.ndarray, np.ndarray]:
    """Return what a field says more than lines cover, and the length of what can close that.

    Args:
        lines: closed polygons.
        points: of the same at even distances.
        field: what they should cover.

    Returns:
        float32 [h, w] each, means over nine pixels.
    """
    height, width = field.share.shape
    area = np.zeros((height, width + 2), np.float32)
    for x, y in lines:
        add_coverage(x - field.left, y - field.top, area, height, width)
    gap = _missing(field.share, field.hidden, field.doubt, area)
    length = np.zeros_like(gap)
    for x, y in points:
        _count(x - field.left, y - field.top, length, STEP)
    return cv2.blur(gap, (3, 3)), cv2.blur(length, (3, 3))


@compiled
def _shifted(x: np.ndarray, y: np.ndarray, shift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a closed line's points, moved outwards."""
    n = len(x)
    moved_x, moved_y = np.empty(n), np.empty(n)
    for k in range(n):
        before, after = (k - 1) % n, (k + 1) % n
        dx, dy = x[after] - x[before], y[after] - y[before]
        part = shift[k] / (np.hypot(dx, dy) + 1e-12)
        moved_x[k], moved_y[k] = x[k] + part * dy, y[k] - part * dx
    return moved_x, moved_y


@compiled
def _missing(
    share: np.ndarray, hidden: np.ndarray, doubt: np.ndarray, area: np.ndarray
) -> np.ndarray:
    """Return by how much a field says more than sums of `add_coverage`, 0 where nothing shows."""
    height, width = share.shape
    gap = np.empty((height, width), np.float32)
    for j in range(height):
        total = np.float32(0)
        for i in range(width):
            total += area[j, i]
            gap[j, i] = 0 if hidden[j, i] else (share[j, i] - abs(total)) * (1 - doubt[j, i])
    return gap


@compiled
def _count(x: np.ndarray, y: np.ndarray, length: np.ndarray, step: float) -> None:
    height, width = length.shape
    for k in range(len(x)):
        i, j = int(np.floor(x[k])), int(np.floor(y[k]))
        if 0 <= i < width and 0 <= j < height:
            length[j, i] += step


@compiled
def _moves(
    gap: np.ndarray, length: np.ndarray, most: float, x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """Return how far outwards points move to close the gaps that outlines of a length leave."""
    height, width = gap.shape
    result = np.empty(len(x))
    for k in range(len(x)):
        u = min(max(x[k] - 0.5, 0.0), width - 1.001)
        v = min(max(y[k] - 0.5, 0.0), height - 1.001)
        i, j = int(u), int(v)
        p, q = u - i, v - j
        total = 0.0
        for row, part in ((j, 1 - q), (min(j + 1, height - 1), q)):
            for column, of_it in ((i, 1 - p), (min(i + 1, width - 1), p)):
                move = gap[row, column] / max(length[row, column], _LEAST_LENGTH)
                total += part * of_it * min(most, max(-most, move))
        result[k] = total
    return result


@compiled
def _looked_up(mask: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a mask's values at the pixels in which points lie, or next to which."""
    height, width = mask.shape
    result = np.empty(len(x), np.bool_)
    for k in range(len(x)):
        row = min(max(int(np.floor(y[k])), 0), height - 1)
        column = min(max(int(np.floor(x[k])), 0), width - 1)
        result[k] = mask[row, column]
    return result


def on_curve(o: Outline) -> tuple[np.ndarray, ...]:
    """Return where an outline's points lie on it, x and y, and the unit normals there, outwards."""
    return _placed(o.node, o.leave, o.arrive, o.arms, o.kinds, o.segment, o.t)


@compiled
def _placed(
    node: np.ndarray,
    leave: np.ndarray,
    arrive: np.ndarray,
    arms: np.ndarray,
    kinds: np.ndarray,
    segment: np.ndarray,
    t: np.ndarray,
) -> tuple[np.ndarray, ...]:
    n = len(t)
    x, y, nx, ny = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    curve = np.empty(8)
    last = -1
    for p in range(n):
        s = segment[p]
        if s != last:
            _control(node, leave, arrive, arms, kinds, s, curve)
            last = s
        qx, qy, dx, dy = at(curve, t[p])
        length = np.hypot(dx, dy) + 1e-12
        # The larger values of a field lie to the left of its contours, y pointing down.
        x[p], y[p], nx[p], ny[p] = qx, qy, dy / length, -dx / length
    return x, y, nx, ny


@compiled
def _control(
    node: np.ndarray, leave: np.ndarray, arrive: np.ndarray, arms: np.ndarray, kinds: np.ndarray,
    s: int, curve: np.ndarray,
) -> None:  # fmt: skip
    """Write the control points of a segment, a line's at its thirds, to `curve`, float64 [8]."""
    e = (s + 1) % len(node)
    if kinds[s] == 1:
        control(node, leave, arrive, arms, s, e, curve)
        return
    for k in range(4):
        for c in range(2):
            curve[2 * k + c] = node[s, c] + k / 3 * (node[e, c] - node[s, c])


def flattened(o: Outline) -> tuple[np.ndarray, np.ndarray]:
    """Return an outline as x and y of a polygon."""
    return _flattened(o.node, o.leave, o.arrive, o.arms, o.kinds)


@compiled
def _flattened(
    node: np.ndarray, leave: np.ndarray, arrive: np.ndarray, arms: np.ndarray, kinds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    count = len(node)
    total = 0
    steps = np.empty(count, np.int64)
    for s in range(count):
        steps[s] = 1
        if kinds[s] == 1:
            steps[s] = 2 + int(np.sqrt(arms[s, 0] + arms[s, 1]) * 2.5)
        total += steps[s]
    x, y = np.empty(total), np.empty(total)
    curve = np.empty(8)
    p = 0
    for s in range(count):
        _control(node, leave, arrive, arms, kinds, s, curve)
        for k in range(steps[s]):
            x[p], y[p], _, _ = at(curve, k / steps[s])
            p += 1
    return x, y


def segments(o: Outline) -> list[list[float]]:
    """Return an outline as numbers: the start, then the points of each segment."""
    count = len(o.node)
    curve = np.empty(8)
    result = [rounded(o.node[0])]
    for k in range(count):
        after = (k + 1) % count
        if o.kinds[k] == 0:
            result.append(rounded(o.node[after]))
            continue
        control(o.node, o.leave, o.arrive, o.arms, k, after, curve)
        result.append(rounded(curve[2:]))
    return result


def rounded(values: Iterable[float]) -> list[float]:
    """Return numbers as drawings have them: to a thousandth of a pixel."""
    return [round(float(value), 3) for value in values]
