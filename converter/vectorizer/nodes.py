"""Dividing a closed outline into lines and cubics, as few as its noise allows.

The division is found as a whole, by dynamic programming over places where a node may lie: what a
division costs is its misfit, in units of the noise, and a price for each node. Levien, "Fitting
cubic Bézier curves", 2021, and Selinger, "Potrace: a polygon-based tracing algorithm", 2003, search
for the best division likewise.
"""

import numpy as np

from .beziers import fit_cubic
from .compiled import compiled

LINE, CUBIC = 0, 1
# What a node is: smooth, a corner of a contour that is round there, one that is sharp and stays.
SMOOTH, CORNER, FIRM = 0, 1, 2

ROUNDED = 1.1  # px around a corner that coverage rounds off; nothing is measured there
_TURN = 0.16  # radians of turning after which a node may lie
_LENGTH = 14.0  # px after which a node may lie
_BEND_REACH = 6.0  # px before and after a point, over which its bend is measured
_BEND_CHANGE = 0.08  # radians by which it turns more on one side: there, a node may lie
_MOST_BEND = 0.9  # radians; more is a corner
MOST_TURN = 2.6  # radians that one cubic may turn
MISMATCH = 0.06  # radians that a line may deviate from the tangent of a smooth node
STRAIGHT = 0.7  # of a run's length, that a line between its ends has at least
PRICES = (1.1, 1.45, 0.25)  # of a line, of a cubic, and of a corner in addition
_PATIENCE = 4  # hopeless ends in a row after which longer runs are not tried


@compiled
def places(
    direction: np.ndarray, n: int, step: float, corners: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices at which a node may lie, rising, and the number of the corner or -1."""
    start = corners[0] if len(corners) else _extreme(direction, n)
    index = np.empty(n + 1, np.int64)
    corner = np.empty(n + 1, np.int64)
    index[0], corner[0] = start, 0 if len(corners) else -1
    joints = _joints(direction, n, step)
    count, following = 1, 1
    turned, length = 0.0, 0.0
    for k in range(1, n):
        i = start + k
        a, b = direction[(i - 1) % n], direction[i % n]
        turned += np.arctan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1])
        length += step
        if following < len(corners) and corners[following] == i % n:
            if length < 1.2 and corner[count - 1] < 0 and count > 1:
                count -= 1  # too near to the corner
            index[count], corner[count] = i, following
            following += 1
        elif (abs(turned) > _TURN or length > _LENGTH or joints[i % n]) and length > 1.2:
            index[count], corner[count] = i, -1
        else:
            continue
        count += 1
        turned, length = 0.0, 0.0
    if count > 1 and corner[count - 1] < 0 and (start + n - index[count - 1]) * step < 1.2:
        count -= 1
    return index[:count], corner[:count]


@compiled
def _joints(direction: np.ndarray, n: int, step: float) -> np.ndarray:
    """Return bool [n]: True where the bend changes most, as between a straight side and an arc."""
    reach = round(_BEND_REACH / step)
    joints = np.zeros(n, np.bool_)
    if n < 4 * reach:
        return joints
    turned = np.zeros(n + 2 * reach + 1)  # since the point `reach` before the first
    for k in range(n + 2 * reach):
        a, b = direction[(k - reach) % n], direction[(k - reach + 1) % n]
        turn = np.arctan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1])
        turned[k + 1] = turned[k] + turn
    change = np.empty(n)
    for i in range(n):
        behind = turned[i + reach] - turned[i]
        ahead = turned[i + 2 * reach] - turned[i + reach]
        bent = max(abs(behind), abs(ahead))
        change[i] = abs(ahead - behind) if bent < _MOST_BEND else 0.0
    for i in range(n):
        if change[i] < _BEND_CHANGE:
            continue
        highest = True
        for k in range(1, reach // 2 + 1):
            highest = highest and change[i] > change[i - k] and change[i] >= change[(i + k) % n]
        joints[i] = highest
    return joints


@compiled
def _extreme(direction: np.ndarray, n: int) -> int:
    """Return a point at which the outline runs upright or level: a natural place for a node."""
    best, found = 2.0, 0
    for i in range(n):
        off = min(abs(direction[i, 0]), abs(direction[i, 1]))
        if off < best:
            best, found = off, i
    return found


@compiled
def line_misfit(
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    first: int,
    last: int,
    skip_first: int,
    skip_last: int,
    ax: float,
    ay: float,
    bx: float,
    by: float,
) -> tuple[float, float]:
    """Return the mean and the largest squared distance of a run's points from a straight line."""
    low, high = first + skip_first, last - skip_last
    if high < low:
        low = high = (first + last) // 2
    dx, dy = bx - ax, by - ay
    length = np.hypot(dx, dy) + 1e-12
    stride = max(1, (high - low) // 32)
    total, worst, count = 0.0, 0.0, 0
    for k in range(low, high + 1, stride):
        away = weight[k] * (((x[k] - ax) * dy - (y[k] - ay) * dx) / length) ** 2
        total += away
        worst = max(worst, away)
        count += 1
    return total / count, worst


@compiled
def divide(
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    n: int,
    step: float,
    noise: float,
    price: float,
    direction: np.ndarray,
    index: np.ndarray,
    corner: np.ndarray,
    sharp: np.ndarray,
    firm: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Choose nodes among the places and a line or cubic between each two, at the least cost.

    Args:
        x, y, weight: float64 [3 n], the points and what they count, thrice in a row.
        n: number of points.
        step: their distance, px.
        noise: px that an outline's points lie off, on average.
        price: of a node, in squared noises per px of length.
        direction: float64 [n, 2], tangents.
        index, corner, sharp: of `places` and `find_corners`.
        firm: bool, by corner, whether it has to be one.

    Returns:
        int64 [K] places chosen, int64 [K] whether each is a corner, int64 [K] what follows it (LINE
        or CUBIC), float64 [K, 8] the control points of what follows.
    """
    m = len(index)
    skip = round(ROUNDED / step)
    cost = np.full((m + 1, 2), 1e18)
    before = np.full((m + 1, 2, 2), -1, np.int64)
    kinds = np.zeros((m + 1, 2), np.int64)
    curves = np.zeros((m + 1, 2, 8))
    ends, curve = np.empty(8), np.empty(8)
    starts_as = 1 if corner[0] >= 0 else 0
    cost[0, starts_as] = 0.0
    for k in range(m):
        for kind_a in range(2):
            if cost[k, kind_a] > 1e17 or (kind_a == 1 and corner[k] < 0):
                continue
            first = index[k]
            ia = first % n
            if kind_a == 1:
                ends[0], ends[1] = sharp[corner[k], 0], sharp[corner[k], 1]
                ends[4], ends[5] = sharp[corner[k], 4], sharp[corner[k], 5]
            else:
                ends[0], ends[1] = x[ia], y[ia]
                ends[4], ends[5] = direction[ia, 0], direction[ia, 1]
            hopeless = 0
            turned = 0.0
            for j in range(k + 1, m + 1):
                last = index[j] if j < m else index[0] + n
                ib = last % n
                ic = index[j - 1] % n
                turned += np.arctan2(
                    direction[ic, 0] * direction[ib, 1] - direction[ic, 1] * direction[ib, 0],
                    direction[ic, 0] * direction[ib, 0] + direction[ic, 1] * direction[ib, 1],
                )
                length = (last - first) * step
                corner_b = corner[j] if j < m else corner[0]
                is_firm = corner_b >= 0 and firm[corner_b]
                good = False
                for kind_b in range(2):
                    if (kind_b == 1 and corner_b < 0) or (kind_b == 0 and is_firm):
                        continue
                    if j == m and kind_b != starts_as:
                        continue
                    # Even a line that nothing is off would cost more than another way there.
                    start_cost = cost[k, kind_a] + (price * PRICES[2] if kind_b else 0.0)
                    if start_cost + price * PRICES[0] >= cost[j, kind_b]:
                        good = True
                        continue
                    if kind_b == 1:
                        ends[2], ends[3] = sharp[corner_b, 0], sharp[corner_b, 1]
                        ends[6], ends[7] = -sharp[corner_b, 2], -sharp[corner_b, 3]
                    else:
                        ends[2], ends[3] = x[ib], y[ib]
                        ends[6], ends[7] = -direction[ib, 0], -direction[ib, 1]
                    room = (last - first) // 4
                    # The contour is round at corners that were found on it, and sharp at firm ones.
                    skip_a = min(skip, room) if kind_a == 1 and not firm[corner[k]] else 0
                    skip_b = min(skip, room) if kind_b == 1 and not is_firm else 0
                    dx, dy = ends[2] - ends[0], ends[3] - ends[1]
                    chord = np.hypot(dx, dy) + 1e-9
                    mean, worst = line_misfit(
                        x,
                        y,
                        weight,
                        first,
                        last,
                        skip_a,
                        skip_b,
                        ends[0],
                        ends[1],
                        ends[2],
                        ends[3],
                    )
                    best = 1e18
                    kind = LINE
                    if worst < 0.6 and chord > STRAIGHT * length:
                        off = 0.0
                        if kind_a == 0:
                            off = max(off, abs(ends[4] * dy - ends[5] * dx) / chord)
                        if kind_b == 0:
                            off = max(off, abs(ends[6] * dy - ends[7] * dx) / chord)
                        if off < MISMATCH:
                            best = length * mean / noise**2 + price * PRICES[0]
                            best += price * (off / MISMATCH) ** 2
                            best += excess(worst, noise) * price
                    if abs(turned) < MOST_TURN and (best > price * 1.6):
                        mean, worst = fit_cubic(
                            x, y, weight, first, last, skip_a, skip_b, ends, curve
                        )
                        total = length * mean / noise**2 + price * PRICES[1]
                        total += excess(worst, noise) * price
                        if total < best:
                            best, kind = total, CUBIC
                    if best < price * 8:
                        good = True
                    total = start_cost + best
                    if total < cost[j, kind_b]:
                        cost[j, kind_b] = total
                        before[j, kind_b, 0], before[j, kind_b, 1] = k, kind_a
                        kinds[j, kind_b] = kind
                        if kind == LINE:
                            curves[j, kind_b, :2], curves[j, kind_b, 6:] = ends[:2], ends[2:4]
                        else:
                            curves[j, kind_b] = curve
                hopeless = 0 if good else hopeless + 1
                if is_firm or hopeless > _PATIENCE:
                    break
    chosen = np.empty(m + 1, np.int64)
    is_corner = np.empty(m + 1, np.int64)
    follows = np.empty(m + 1, np.int64)
    controls = np.empty((m + 1, 8))
    count, j, kind_b = 0, m, starts_as
    while j > 0:
        k, kind_a = before[j, kind_b, 0], before[j, kind_b, 1]
        chosen[count], is_corner[count] = k, kind_a
        follows[count], controls[count] = kinds[j, kind_b], curves[j, kind_b]
        count += 1
        j, kind_b = k, kind_a
    return (
        chosen[:count][::-1].copy(),
        is_corner[:count][::-1].copy(),
        follows[:count][::-1].copy(),
        controls[:count][::-1].copy(),
    )


@compiled
def excess(worst: float, noise: float) -> float:
    """Return the extra prices for a run whose worst point lies far off, 0 within four noises."""
    beyond = np.sqrt(worst) / noise - 4.0
    return beyond * beyond * 0.25 if beyond > 0 else 0.0
