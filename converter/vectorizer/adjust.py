"""Moving a chain of lines and cubics, as a whole, to where it follows its points best."""

import numpy as np

from .beziers import LEAST_ARM, at
from .compiled import compiled

_LINE, _CUBIC = 0, 1
_HOLD = 0.02  # weight that keeps a parameter where nothing else decides it
_TOGETHER = 96  # nodes whose places are solved for at once; of more, half as many at a time
_MOST_STEP = 0.7  # px or radians that a parameter may change in one round


@compiled
def adjust(
    node: np.ndarray,
    leave: np.ndarray,
    arrive: np.ndarray,
    arms: np.ndarray,
    kinds: np.ndarray,
    corner: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    segment: np.ndarray,
    t: np.ndarray,
    rounds: int,
) -> None:
    """Fit a closed chain to points by least squares (Levenberg and Marquardt), in place.

    Distances are measured at right angles to the curves, as in Ahn, "Least squares orthogonal
    distance fitting", 2004. At smooth nodes, the curves on both sides keep one tangent; beside a
    line it is the line's.

    Args:
        node: float64 [K, 2], px.
        leave, arrive: float64 [K], the angles at which the chain leaves and arrives at each node.
        arms: float64 [K, 2], lengths of the tangents at the two ends of the segment after a node.
        kinds: int64 [K], line or cubic, of the segment after each node.
        corner: int64 [K], 1 where the chain has a corner.
        x, y, weight: float64 [N], the points.
        segment: int64 [N], which segment each follows.
        t: float64 [N], where on it; updated.
        rounds: how often.
    """
    count = len(node)
    free = np.empty(count, np.bool_)
    near = np.empty(len(x))
    together = count if count <= _TOGETHER else _TOGETHER // 2
    for start in range(0, count, together):
        for k in range(count):
            free[k] = start <= k < start + together
        for p in range(len(x)):
            s = segment[p]
            near[p] = weight[p] if free[s] or free[(s + 1) % count] else 0.0
        _adjust(node, leave, arrive, arms, kinds, corner, x, y, near, segment, t, rounds, free)


@compiled
def _adjust(
    node: np.ndarray, leave: np.ndarray, arrive: np.ndarray, arms: np.ndarray, kinds: np.ndarray,
    corner: np.ndarray, x: np.ndarray, y: np.ndarray, weight: np.ndarray, segment: np.ndarray,
    t: np.ndarray, rounds: int, free: np.ndarray,
) -> None:  # fmt: skip
    """Adjust the free nodes of a chain and the segments after them."""
    count = len(node)
    place = np.empty((count, 6), np.int64)  # of x, y, angle out, angle in, arms
    size = _number(kinds, corner, free, place)
    curve = np.empty(8)
    index, slope = np.empty(8, np.int64), np.empty(8)
    # Of one segment, whose points follow each other.
    block, pull, terms = np.zeros((8, 8)), np.zeros(8), np.int64(0)
    ox = oy = ix = iy = 0.0
    hold, least = _HOLD, 1e18
    best = (node.copy(), leave.copy(), arrive.copy(), arms.copy())
    system = (np.zeros((1, 1)), np.zeros(1))
    for step in range(rounds + 1):
        _tie(node, leave, arrive, kinds, corner)
        normal = np.zeros((size, size))
        right = np.zeros(size)
        total = 0.0
        last = -1
        for p in range(len(x)):
            if weight[p] == 0.0:
                continue
            s = segment[p]
            e = (s + 1) % count
            if s != last:
                _gather(block, pull, index, terms, normal, right)
                terms = _indices(place, kinds, s, e, index)
                if kinds[s] == _CUBIC:
                    control(node, leave, arrive, arms, s, e, curve)
                    ox, oy = np.cos(leave[s]), np.sin(leave[s])
                    ix, iy = np.cos(arrive[e]), np.sin(arrive[e])
            last = s
            if kinds[s] == _LINE:
                dx, dy = node[e, 0] - node[s, 0], node[e, 1] - node[s, 1]
                square = dx * dx + dy * dy + 1e-12
                u = ((x[p] - node[s, 0]) * dx + (y[p] - node[s, 1]) * dy) / square
                u = min(1.0, max(0.0, u))
                t[p] = u
                length = np.sqrt(square)
                nx, ny = dy / length, -dx / length
                gap = (node[s, 0] - x[p]) * nx + (node[s, 1] - y[p]) * ny
                slope[0], slope[1], slope[2], slope[3] = (1 - u) * nx, (1 - u) * ny, u * nx, u * ny
            else:
                u = t[p]
                for _step in range(2):
                    qx, qy, dx, dy = at(curve, u)
                    square = dx * dx + dy * dy + 1e-12
                    u = min(1.0, max(0.0, u + ((x[p] - qx) * dx + (y[p] - qy) * dy) / square))
                t[p] = u
                qx, qy, dx, dy = at(curve, u)
                length = np.sqrt(dx * dx + dy * dy) + 1e-12
                nx, ny = dy / length, -dx / length
                gap = (qx - x[p]) * nx + (qy - y[p]) * ny
                w = 1 - u
                b0, b1, b2, b3 = w * w * w, 3 * w * w * u, 3 * w * u * u, u * u * u
                slope[0], slope[1] = (b0 + b1) * nx, (b0 + b1) * ny
                slope[2], slope[3] = (b2 + b3) * nx, (b2 + b3) * ny
                slope[4] = b1 * (ox * nx + oy * ny)
                slope[5] = -b2 * (ix * nx + iy * ny)
                slope[6] = b1 * arms[s, 0] * (-oy * nx + ox * ny)
                slope[7] = -b2 * arms[s, 1] * (-iy * nx + ix * ny)
            total += weight[p] * gap * gap
            for a in range(terms):
                part = weight[p] * slope[a]
                pull[a] -= part * gap
                for b in range(a + 1):
                    block[a, b] += part * slope[b]
        _gather(block, pull, index, terms, normal, right)
        if total > least:
            node[:], leave[:], arrive[:], arms[:] = best
            hold *= 10
            if hold > 1e4:
                break
            # The system at the best place is solved again, held more firmly.
            normal[:], right[:] = system
        else:
            least = total
            best = (node.copy(), leave.copy(), arrive.copy(), arms.copy())
            system = (normal.copy(), right.copy())
            hold = max(_HOLD, hold / 4)
        if step == rounds:
            break
        for k in range(size):
            normal[k, k] += hold
        solve(normal, right)
        for k in range(count):
            if not free[k]:
                continue
            for c in range(2):
                node[k, c] += _limited(right[place[k, c]])
            out, into = place[k, 2], place[k, 3]
            if out >= 0:
                leave[k] += _limited(right[out])
            if into >= 0:
                arrive[k] += _limited(right[into])
            if kinds[k] == _CUBIC:
                chord = np.hypot(
                    node[(k + 1) % count, 0] - node[k, 0], node[(k + 1) % count, 1] - node[k, 1]
                )
                for c in range(2):
                    moved = arms[k, c] + right[place[k, 4 + c]]
                    arms[k, c] = min(max(moved, LEAST_ARM * chord), 1.5 * chord + 0.5)
    node[:], leave[:], arrive[:], arms[:] = best
    _tie(node, leave, arrive, kinds, corner)


@compiled
def _indices(place: np.ndarray, kinds: np.ndarray, s: int, e: int, index: np.ndarray) -> int:
    """Write the numbers of what moves a segment from node `s` to node `e`; return how many."""
    index[0], index[1], index[2], index[3] = place[s, 0], place[s, 1], place[e, 0], place[e, 1]
    index[4], index[5], index[6], index[7] = place[s, 4], place[s, 5], place[s, 2], place[e, 3]
    return 4 if kinds[s] == _LINE else 8


@compiled
def _gather(
    block: np.ndarray, pull: np.ndarray, index: np.ndarray, terms: int, normal: np.ndarray,
    right: np.ndarray,
) -> None:  # fmt: skip
    """Add one segment's part of the normal equations, half of it, to all, and clear it."""
    for a in range(terms):
        for b in range(a + 1):
            # The half below the diagonal is all that is solved for.
            row, column = max(index[a], index[b]), min(index[a], index[b])
            if column >= 0:
                normal[row, column] += block[a, b]
            block[a, b] = 0.0
        if index[a] >= 0:
            right[index[a]] += pull[a]
        pull[a] = 0.0


@compiled
def control(
    node: np.ndarray,
    leave: np.ndarray,
    arrive: np.ndarray,
    arms: np.ndarray,
    s: int,
    e: int,
    curve: np.ndarray,
) -> None:
    """Write the control points of the cubic from node `s` to node `e` to `curve`, float64 [8]."""
    curve[0], curve[1] = node[s, 0], node[s, 1]
    curve[2] = node[s, 0] + arms[s, 0] * np.cos(leave[s])
    curve[3] = node[s, 1] + arms[s, 0] * np.sin(leave[s])
    curve[4] = node[e, 0] - arms[s, 1] * np.cos(arrive[e])
    curve[5] = node[e, 1] - arms[s, 1] * np.sin(arrive[e])
    curve[6], curve[7] = node[e, 0], node[e, 1]


@compiled
def _number(kinds: np.ndarray, corner: np.ndarray, free: np.ndarray, place: np.ndarray) -> int:
    """Give each free parameter its number; -1 for those that are none. Returns how many."""
    count = len(kinds)
    size = 0
    for k in range(count):
        place[k] = -1
        if not free[k]:
            continue
        place[k, 0], place[k, 1] = size, size + 1
        size += 2
        after, before = kinds[k] == _CUBIC, kinds[k - 1] == _CUBIC
        if corner[k]:
            if after:
                place[k, 2] = size
                size += 1
            if before:
                place[k, 3] = size
                size += 1
        elif after and before:
            place[k, 2] = place[k, 3] = size
            size += 1
        if after:
            place[k, 4], place[k, 5] = size, size + 1
            size += 2
    return size


@compiled
def _tie(
    node: np.ndarray, leave: np.ndarray, arrive: np.ndarray, kinds: np.ndarray, corner: np.ndarray
) -> None:
    """Let smooth nodes beside a line take its direction."""
    count = len(node)
    for k in range(count):
        before, after = (k - 1) % count, (k + 1) % count
        if kinds[k] == _LINE:
            leave[k] = np.arctan2(node[after, 1] - node[k, 1], node[after, 0] - node[k, 0])
        if kinds[before] == _LINE:
            arrive[k] = np.arctan2(node[k, 1] - node[before, 1], node[k, 0] - node[before, 0])
        if corner[k]:
            continue
        if kinds[k] == _LINE and kinds[before] == _CUBIC:
            arrive[k] = leave[k]
        elif kinds[before] == _LINE and kinds[k] == _CUBIC:
            leave[k] = arrive[k]


@compiled
def _limited(step: float) -> float:
    return min(_MOST_STEP, max(-_MOST_STEP, step))


@compiled
def solve(matrix: np.ndarray, right: np.ndarray) -> None:
    """Solve a symmetric positive system in place, by its lower half; `right` becomes the solution.

    What is zero before each row is left out.
    """
    size = len(right)
    first = np.zeros(size, np.int64)
    for i in range(size):
        j = 0
        while j < i and matrix[i, j] == 0.0:
            j += 1
        first[i] = j
    for i in range(size):
        for j in range(first[i], i + 1):
            total = matrix[i, j]
            for k in range(max(first[i], first[j]), j):
                total -= matrix[i, k] * matrix[j, k]
            if i == j:
                matrix[i, i] = np.sqrt(max(total, 1e-12))
            else:
                matrix[i, j] = total / matrix[j, j]
    for i in range(size):
        for k in range(first[i], i):
            right[i] -= matrix[i, k] * right[k]
        right[i] /= matrix[i, i]
    for i in range(size - 1, -1, -1):
        right[i] /= matrix[i, i]
        for k in range(first[i], i):
            right[k] -= matrix[i, k] * right[i]
