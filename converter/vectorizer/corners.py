"""Where an outline turns sharply, and in which direction it runs."""

import numpy as np

from .compiled import compiled

_NEAR, _FAR = 0.8, 2.6  # px: between these distances, a corner's sides are measured
_SHARP = 0.66  # of its bend, a corner has within a shorter reach; a smooth curve has half


@compiled
def slope(
    x: np.ndarray, y: np.ndarray, n: int, centre: int, low: int, high: int
) -> tuple[float, float]:
    """Return the unit direction of the points from `centre + low` to `centre + high`."""
    m = high - low + 1
    middle = (low + high) / 2
    sx = sy = 0.0
    for k in range(low, high + 1):
        index = (centre + k) % n
        sx += (k - middle) * x[index]
        sy += (k - middle) * y[index]
    length = np.hypot(sx, sy)
    if length < 1e-12 or m < 2:
        return 1.0, 0.0
    return sx / length, sy / length


@compiled
def mean_point(
    x: np.ndarray, y: np.ndarray, n: int, centre: int, low: int, high: int
) -> tuple[float, float]:
    """Return the mean of the points from `centre + low` to `centre + high`."""
    sx = sy = 0.0
    for k in range(low, high + 1):
        index = (centre + k) % n
        sx += x[index]
        sy += y[index]
    m = high - low + 1
    return sx / m, sy / m


@compiled
def bend_at(x: np.ndarray, y: np.ndarray, n: int, index: int, near: int, far: int) -> float:
    """Return the angle, in radians, between an outline's directions before and behind a point."""
    ax, ay = slope(x, y, n, index, -far, -near)
    bx, by = slope(x, y, n, index, near, far)
    return np.arctan2(ax * by - ay * bx, ax * bx + ay * by)


@compiled
def find_corners(
    x: np.ndarray, y: np.ndarray, n: int, step: float, least_bend: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices at which an outline turns sharply, and where the two sides meet there.

    Args:
        x, y: float64 [n], points at even distances, the last not repeating the first.
        n: their number.
        step: their distance, px.
        least_bend: radians.

    Returns:
        int64 [K], rising; float64 [K, 6]: the corner's place, the direction in which the outline
        arrives, and the one in which it leaves.
    """
    near, far = max(1, round(_NEAR / step)), max(3, round(_FAR / step))
    far = max(near + 1, min(far, n // 5))
    short_near, short_far = max(1, near // 2), max(2, min(far, round(1.7 / step)))
    around = max(1, round(1.2 / step))
    bends = np.empty(n)
    for i in range(n):
        bends[i] = bend_at(x, y, n, i, near, far)
    found = np.empty(n, np.int64)
    count = 0
    for i in range(n):
        if abs(bends[i]) < least_bend:
            continue
        highest = True
        for k in range(-around, around + 1):
            other = abs(bends[(i + k) % n])
            if other > abs(bends[i]) or (other == abs(bends[i]) and k < 0):
                highest = False
                break
        if not highest:
            continue
        short = bend_at(x, y, n, i, short_near, short_far)
        if short * bends[i] < 0 or abs(short) < _SHARP * abs(bends[i]):
            continue
        found[count] = i
        count += 1
    sharp = np.empty((count, 6))
    for c in range(count):
        i = found[c]
        # A side ends before the next corner rounds it off.
        back = (i - found[(c - 1) % count]) % n if count > 1 else n
        ahead = (found[(c + 1) % count] - i) % n if count > 1 else n
        before = max(near + 1, min(far, back - near))
        behind = max(near + 1, min(far, ahead - near))
        ax, ay = slope(x, y, n, i, -before, -near)
        bx, by = slope(x, y, n, i, near, behind)
        px, py = mean_point(x, y, n, i, -before, -near)
        qx, qy = mean_point(x, y, n, i, near, behind)
        across = ax * by - ay * bx
        mx, my = x[i], y[i]
        if abs(across) > 0.2:
            along = ((qx - px) * by - (qy - py) * bx) / across
            mx, my = px + along * ax, py + along * ay
            away = np.hypot(mx - x[i], my - y[i])
            # At the end of a thin line the other corner is near, and the crossing uncertain.
            most = min(1.6, max(0.4, 0.6 * min(back, ahead) * step))
            if away > most:
                mx = x[i] + (mx - x[i]) * most / away
                my = y[i] + (my - y[i]) * most / away
        sharp[c] = np.array([mx, my, ax, ay, bx, by])
    return found[:count], sharp


@compiled
def tangents(x: np.ndarray, y: np.ndarray, n: int, step: float, reach: float) -> np.ndarray:
    """Return unit tangents, float64 [n, 2], measured over `reach` px to each side."""
    k = max(2, min(round(reach / step), n // 6))
    result = np.empty((n, 2))
    for i in range(n):
        result[i, 0], result[i, 1] = slope(x, y, n, i, -k, k)
    return result
