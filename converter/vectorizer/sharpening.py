"""Corners that a contour rounds off, found by what the image says of the pixels there.

A softened field's contour turns around the end of a line of two pixels as around a disc. Whether
two corners lie there, one, or none, only the pixels tell: straight sides are laid where the contour
bends, their corners are moved until they cover what the field says (Gauss and Newton), and are kept
where they explain the pixels better than the contour does, moved as far as a smooth line can be.
"""

from typing import NamedTuple

import numpy as np

from .adjust import solve
from .compiled import compiled
from .fields import Field
from .outlines import NONE_FIRM, evenly, moved
from .raster import add_coverage

# Radians per px, from which a contour may be rounded off, in clean images and in those that were
# compressed with loss: more than small discs bend there.
_BENT = (0.42, 0.5)
_LEAST_TURN = 0.6  # radians, of a bend that may be a corner
_LONGEST = 6.5  # px, of such a bend
_ONE, _TWO = 2.75, 1.3  # radians: what one corner turns at most, and what two turn at least
_LIKELY_TWO = 1.95  # radians, from which two corners turn rather than one
_CHAINED = 3.2  # px between bends that are looked at together
_MOST_BENDS = 5  # of them
_MOST_CORNERS = 2 * _MOST_BENDS
_SIDE = 2.0  # px of a side beyond a bend that are laid anew
_TANGENT = 3  # points over which a side's direction is measured
_PARALLEL = 0.15  # sine between sides, below which their crossing says nothing
_AWAY = 1.5  # px from the contour that a corner is looked for first
_AROUND = 3  # px around a bend that are looked at
_MOST_MOVED = 0.4  # px in one round: of a smooth line
_MOST_STEP = 0.6  # likewise, of a corner
_ROUNDS = 5
_LEAST_GAIN = 0.1  # of the misfit, for which another round is worth it
_TINY = 0.05  # px, by which a corner is moved to see what that changes
_HOLD = 0.03  # what keeps a corner where no pixel says more
_LEAST_SIDE, _LEAST_END = 0.8, 0.2  # px: between two corners, and beyond the last
_SHARP = (0.4, 2.75)  # radians, least and most that a corner turns
# Squared pixels that a smooth line may be off, and nothing is wrong: in clean images, and in those
# that were compressed with loss.
_FAINT = (0.003, 0.012)
_MOST = (0.02, 0.06)  # likewise, that corners leave
_BETTER = 0.6  # of that misfit, that they leave at most
_SIMPLER = 0.5  # of the misfit with one corner, that two leave at most


class _Contour(NamedTuple):
    """A closed line, and where it bends.

    Attributes:
        x, y: float64 [N], points at even distances, px.
        step: their distance.
        bends: int64 [B, 2], first and last point of each bend, rising; what lies beyond the last
            point goes on from the first.
        turns: float64 [B], radians, by which it turns there.
    """

    x: np.ndarray
    y: np.ndarray
    step: float
    bends: np.ndarray
    turns: np.ndarray


class _Window(NamedTuple):
    """The pixels around a piece of a contour.

    Attributes:
        x, y: float64 [P], the piece's points, the last first, in px of the window.
        left, top: of the window in the field.
        gap: float32 [h, w], what the field says more of each pixel than the contours cover.
        weight: float64 [h, w], what a pixel counts; 0 far from the piece.
    """

    x: np.ndarray
    y: np.ndarray
    left: int
    top: int
    gap: np.ndarray
    weight: np.ndarray


def sharpened(
    lines: list[np.ndarray], field: Field, noisy: bool
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return contours with the corners that they round off, and where those are.

    Args:
        lines: the contours of a field, complex [N] each, in px.
        field: what they should cover.
        noisy: whether the image was compressed with loss.

    Returns:
        closed lines, and int64 [K, 2] for each, points of it between which all are corners.
    """
    even = [evenly(line) for line in lines]
    smooth = moved([(x, y) for x, y, _ in even], field, _MOST_MOVED)
    gap = field.share - field.covered([x + 1j * y for x, y in smooth])
    weight = field.weight
    result = []
    for line, (x, y, step), (u, v) in zip(lines, even, smooth, strict=True):
        limits = _BENT[noisy], _FAINT[noisy], _MOST[noisy]
        ends, sizes, corners = _corners(u - field.left, v - field.top, step, gap, weight, *limits)
        if not len(ends):
            result.append((line, NONE_FIRM))
            continue
        corners += [field.left, field.top]
        # Noise makes contours wobble less after they were moved, and curves seem sharper.
        result.append(_relaid(*((u, v) if noisy else (x, y)), ends, sizes, corners))
    return result


@compiled
def _relaid(
    x: np.ndarray, y: np.ndarray, ends: np.ndarray, sizes: np.ndarray, corners: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return a closed line with straight sides in places, and between which points those are."""
    n, count = len(x), len(ends)
    line = np.empty(n + corners.shape[0] * corners.shape[1], np.complex128)
    firm = np.empty((count, 2), np.int64)
    size, done = 0, ends[0, 0]
    for k in range(count):
        for p in range(done, ends[k, 0]):
            line[size] = complex(x[p % n], y[p % n])
            size += 1
        # Sides that touch share a point.
        shared = 1 if done > ends[k, 0] else 0
        firm[k, 0] = size - shared
        for p in range(shared, sizes[k] + 2):
            line[size] = complex(corners[k, p, 0], corners[k, p, 1])
            size += 1
        firm[k, 1] = size - 1
        done = ends[k, 1] + 1
    for p in range(done, ends[0, 0] + n):
        line[size] = complex(x[p % n], y[p % n])
        size += 1
    return line[:size], firm


@compiled
def _corners(
    x: np.ndarray,
    y: np.ndarray,
    step: float,
    gap: np.ndarray,
    weight: np.ndarray,
    bent: float,
    faint: float,
    most: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where straight sides explain the pixels better than a contour does.

    Returns:
        int64 [K, 2], the points between which they lie; int64 [K], how many corners they have;
        float64 [K, _MOST_CORNERS + 2, 2], the first point, the corners, and the last point.
    """
    bends, turns = _bends(x, y, step, bent)
    contour = _Contour(x, y, step, bends, turns)
    count = len(bends)
    ends = np.empty((count, 2), np.int64)
    sizes = np.empty(count, np.int64)
    lines = np.zeros((count, _MOST_CORNERS + 2, 2))
    apart = round(_CHAINED / step)
    found = first = 0
    while first < count:
        last = first
        while (
            last + 1 < count
            and last + 1 - first < _MOST_BENDS
            and bends[last + 1, 0] - bends[last, 1] < apart
        ):
            last += 1
        # All bends of a chain at once, or else each by itself.
        sizes[found] = _cornered(contour, first, last, gap, weight, faint, most, lines[found])
        if sizes[found] > 0:
            ends[found] = _reach(contour, first, last)
            found += 1
        elif last > first:
            for bend in range(first, last + 1):
                sizes[found] = _cornered(
                    contour, bend, bend, gap, weight, faint, most, lines[found]
                )
                if sizes[found] > 0:
                    ends[found] = _reach(contour, bend, bend)
                    found += 1
        first = last + 1
    return ends[:found], sizes[:found], lines[:found]


@compiled
def _bends(x: np.ndarray, y: np.ndarray, step: float, bent: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a contour's bends and turns, from a point at which it is straight."""
    n = len(x)
    bend = np.empty(n)
    for i in range(n):
        bend[i] = _turn(x, y, i - 2, i, i + 2) / (2 * step)
    start = 0
    while start < n and abs(bend[start]) > bent:
        start += 1
    bends, turns = np.empty((n // 2 + 1, 2), np.int64), np.empty(n // 2 + 1)
    count, i = 0, start
    while start < n and i < start + n:
        j, turn = i, 0.0
        while j < start + n and abs(bend[j % n]) > bent and bend[j % n] * bend[i % n] > 0:
            turn += bend[j % n] * step
            j += 1
        if abs(turn) > _LEAST_TURN and (j - i) * step < _LONGEST:
            bends[count, 0], bends[count, 1] = i, j - 1
            turns[count] = turn
            count += 1
        i = max(j, i + 1)
    return bends[:count], turns[:count]


@compiled
def _turn(x: np.ndarray, y: np.ndarray, a: int, b: int, c: int) -> float:
    """Return the angle at the second of three points of a closed line, in radians."""
    n = len(x)
    a, b, c = a % n, b % n, c % n
    ux, uy, vx, vy = x[b] - x[a], y[b] - y[a], x[c] - x[b], y[c] - y[b]
    return np.arctan2(ux * vy - uy * vx, ux * vx + uy * vy)


@compiled
def _reach(contour: _Contour, first: int, last: int) -> tuple[int, int]:
    """Return the first and the last point of the sides that are laid along some bends."""
    bends, n = contour.bends, len(contour.x)
    side = round(_SIDE / contour.step)
    before = bends[first - 1, 1] if first else bends[-1, 1] - n
    after = bends[last + 1, 0] if last + 1 < len(bends) else bends[0, 0] + n
    back = min(side, max(1, (bends[first, 0] - before) // 2))
    ahead = min(side, max(1, (after - bends[last, 1]) // 2))
    return bends[first, 0] - back, bends[last, 1] + ahead


@compiled
def _cornered(
    contour: _Contour, first: int, last: int, gap: np.ndarray, weight: np.ndarray, faint: float,
    most: float, best: np.ndarray,
) -> int:  # fmt: skip
    """Lay straight sides along some bends, and write those that are best.

    Returns:
        how many corners those have; 0 where none are better than the contour.
    """
    low, high = _reach(contour, first, last)
    if high - low >= len(contour.x) - 2:
        return 0
    window = _around(contour, low, high, gap, weight)
    smooth = 0.0
    for v in range(window.gap.shape[0]):
        for u in range(window.gap.shape[1]):
            smooth += window.weight[v, u] * window.gap[v, u] ** 2
    if smooth < faint:
        return 0
    line = np.empty_like(best)
    least, size = min(most, _BETTER * smooth), 0
    for more in range(2 if first == last else 1):
        tried = _laid(contour, first, last, low, high, more, line)
        if tried == 0:
            continue
        misfit = _settled(window, line, tried)
        if misfit < least and _is_sharp(line, tried):
            least, size = min(_SIMPLER * misfit, misfit - faint / 2), tried
            best[:] = line
    return size


@compiled
def _around(contour: _Contour, low: int, high: int, gap: np.ndarray, weight: np.ndarray) -> _Window:
    """Return the window around a piece of a contour."""
    n = len(contour.x)
    height, width = gap.shape
    points = np.arange(high, low - 1, -1) % n
    x, y = contour.x[points], contour.y[points]
    left, top = max(0, int(x.min()) - _AROUND), max(0, int(y.min()) - _AROUND)
    right, bottom = min(width, int(x.max()) + _AROUND + 1), min(height, int(y.max()) + _AROUND + 1)
    counted = np.zeros((bottom - top, right - left))
    for p in range(len(x)):
        i, j = int(x[p]), int(y[p])
        for v in range(max(top, j - 1), min(bottom, j + 2)):
            for u in range(max(left, i - 1), min(right, i + 2)):
                counted[v - top, u - left] = weight[v, u]
    return _Window(x - left, y - top, left, top, gap[top:bottom, left:right], counted)


@compiled
def _laid(
    contour: _Contour, first: int, last: int, low: int, high: int, more: int, line: np.ndarray
) -> int:
    """Write where sides along a contour meet; return how many corners that makes, 0 if it cannot.

    Args:
        contour: the contour.
        first, last: bends of it.
        low, high: points between which the sides lie.
        more: corners of the bend than the one that it may be.
        line: receives the first point, the corners and the last point.
    """
    x, y, bends, n = contour.x, contour.y, contour.bends, len(contour.x)
    sides = np.empty((_MOST_CORNERS + 1, 4))
    middles = np.empty(_MOST_CORNERS, np.int64)
    count = 0
    for k in range(first, last + 1):
        start, end = bends[k]
        turn = abs(contour.turns[k])
        two = more > 0 or turn > (_ONE if first == last else _LIKELY_TWO)
        if (two and turn < _TWO) or (more and turn > _ONE):
            return 0
        _side(contour, max(low, start - _TANGENT) if k == first else bends[k - 1, 1], start,
              sides[count])  # fmt: skip
        if two:
            middle = _turned(contour, start, end, turn / 2)
            middles[count] = (start + middle) // 2
            _side(contour, middle - 1, middle + 1, sides[count + 1])
            start = middle
            count += 1
        middles[count] = (start + end) // 2
        count += 1
    _side(contour, bends[last, 1], min(high, bends[last, 1] + _TANGENT), sides[count])
    line[0, 0], line[0, 1] = x[low % n], y[low % n]
    for k in range(count):
        p = middles[k] % n
        _meet(sides[k], sides[k + 1], x[p], y[p], line[k + 1])
    line[count + 1, 0], line[count + 1, 1] = x[high % n], y[high % n]
    return count


@compiled
def _turned(contour: _Contour, start: int, end: int, most: float) -> int:
    """Return the point of a bend at which a contour has turned so far."""
    turn, p = 0.0, start
    while p < end and turn <= most:
        p += 1
        turn += abs(_turn(contour.x, contour.y, p - 1, p, p + 1))
    return p


@compiled
def _side(contour: _Contour, a: int, b: int, side: np.ndarray) -> None:
    """Write the middle and the direction of a contour's piece."""
    n = len(contour.x)
    ax, ay, bx, by = contour.x[a % n], contour.y[a % n], contour.x[b % n], contour.y[b % n]
    length = np.hypot(bx - ax, by - ay) + 1e-12
    side[0], side[1] = (ax + bx) / 2, (ay + by) / 2
    side[2], side[3] = (bx - ax) / length, (by - ay) / length


@compiled
def _meet(a: np.ndarray, b: np.ndarray, near_x: float, near_y: float, place: np.ndarray) -> None:
    """Write where two sides meet, not far from a point; the point, if they are parallel."""
    place[0], place[1] = near_x, near_y
    across = a[2] * b[3] - a[3] * b[2]
    if abs(across) < _PARALLEL:
        return
    along = ((b[0] - a[0]) * b[3] - (b[1] - a[1]) * b[2]) / across
    away_x, away_y = a[0] + along * a[2] - near_x, a[1] + along * a[3] - near_y
    part = min(1.0, _AWAY / (np.hypot(away_x, away_y) + 1e-12))
    place[0] += part * away_x
    place[1] += part * away_y


@compiled
def _settled(window: _Window, line: np.ndarray, size: int) -> float:
    """Move corners, and the two ends across their sides, to where they cover what the field says.

    Returns:
        the squared misfit that is left.
    """
    h, w = window.gap.shape
    free = 2 * size + 2
    owner, way = _parameters(line, size)
    gap, area = np.empty((h, w)), np.empty((h, w + 2), np.float32)
    slopes = np.empty((free, h, w))
    kept = line.copy()
    least = 1e18
    for step in range(_ROUNDS + 1):
        misfit = _misfit(window, line, size, area, gap)
        gained = least - misfit
        if gained > 0:
            least = misfit
            kept[:] = line
        if step == _ROUNDS or gained < _LEAST_GAIN * misfit:
            break
        for f in range(free):
            _slope(window, line, size, owner[f], way[f], area, slopes[f])
        normal, right = np.zeros((free, free)), np.zeros(free)
        for v in range(h):
            for u in range(w):
                if window.weight[v, u] == 0:
                    continue
                for f in range(free):
                    here = window.weight[v, u] * slopes[f, v, u]
                    if here == 0:
                        continue
                    right[f] -= here * gap[v, u]
                    for g in range(f + 1):
                        normal[f, g] += here * slopes[g, v, u]
        for f in range(free):
            normal[f, f] += _HOLD
        solve(normal, right)
        for f in range(free):
            move = min(_MOST_STEP, max(-_MOST_STEP, right[f]))
            line[owner[f], 0] += move * way[f, 0]
            line[owner[f], 1] += move * way[f, 1]
    line[:] = kept
    return least


@compiled
def _parameters(line: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which point of a line each parameter moves, int64 [F], and which way, [F, 2]."""
    owner, way = np.zeros(2 * size + 2, np.int64), np.zeros((2 * size + 2, 2))
    owner[1] = size + 1
    for end in range(2):
        a, b = (size + 1, size) if end else (0, 1)
        dx, dy = line[b, 0] - line[a, 0], line[b, 1] - line[a, 1]
        length = np.hypot(dx, dy) + 1e-12
        way[end, 0], way[end, 1] = -dy / length, dx / length
    for f in range(2, 2 * size + 2):
        owner[f] = f // 2
        way[f, f % 2] = 1.0
    return owner, way


@compiled
def _misfit(
    window: _Window, line: np.ndarray, size: int, area: np.ndarray, gap: np.ndarray
) -> float:
    """Return the squared misfit with a line for the contour's piece; write that of each pixel."""
    h, w = gap.shape
    piece = len(window.x)
    x, y = np.empty(piece + size + 2), np.empty(piece + size + 2)
    x[:piece], y[:piece] = window.x, window.y
    for k in range(size + 2):
        x[piece + k], y[piece + k] = line[k, 0] - window.left, line[k, 1] - window.top
    area[:] = 0
    # What lies between the two, paint being to the left of both.
    add_coverage(x, y, area, h, w)
    total = 0.0
    for v in range(h):
        between = 0.0
        for u in range(w):
            between += area[v, u]
            gap[v, u] = window.gap[v, u] + between
            total += window.weight[v, u] * gap[v, u] ** 2
    return total


@compiled
def _slope(
    window: _Window, line: np.ndarray, size: int, k: int, way: np.ndarray, area: np.ndarray,
    slope: np.ndarray,
) -> None:  # fmt: skip
    """Write by how much each pixel's gap changes for a pixel's way of a point of a line."""
    h, w = slope.shape
    a, b = max(0, k - 1), min(size + 1, k + 1)
    x = np.array([line[a, 0], line[k, 0] + _TINY * way[0], line[b, 0], line[k, 0]]) - window.left
    y = np.array([line[a, 1], line[k, 1] + _TINY * way[1], line[b, 1], line[k, 1]]) - window.top
    area[:] = 0
    add_coverage(x, y, area, h, w)
    for v in range(h):
        between = 0.0
        for u in range(w):
            between += area[v, u]
            slope[v, u] = between / _TINY


@compiled
def _is_sharp(line: np.ndarray, size: int) -> bool:
    """Return whether sides are long enough, and turn from each to the next as corners do."""
    for k in range(1, size + 1):
        ux, uy = line[k, 0] - line[k - 1, 0], line[k, 1] - line[k - 1, 1]
        vx, vy = line[k + 1, 0] - line[k, 0], line[k + 1, 1] - line[k, 1]
        if np.hypot(ux, uy) < (_LEAST_SIDE if k > 1 else _LEAST_END):
            return False
        if k == size and np.hypot(vx, vy) < _LEAST_END:
            return False
        turn = abs(np.arctan2(ux * vy - uy * vx, ux * vx + uy * vy))
        if not _SHARP[0] < turn < _SHARP[1]:
            return False
    return True
