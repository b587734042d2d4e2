"""Cubic Bézier curves as machine code: fitting one, measuring one, and adjusting chains of them."""

import numpy as np

from .compiled import compiled

_SAMPLES = 24  # points of a run that a fit looks at: enough to see what one cubic cannot follow
_REFITS = 3
LEAST_ARM = 0.02  # of its chord, that a tangent of a cubic has


@compiled
def fit_cubic(
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    first: int,
    last: int,
    skip_first: int,
    skip_last: int,
    ends: np.ndarray,
    curve: np.ndarray,
) -> tuple[float, float]:
    """Fit a cubic to a run of points between given ends and end tangents.

    Schneider, "An Algorithm for Automatically Fitting Digitized Curves", Graphics Gems, 1990, on a
    sample of the points.

    Args:
        x, y, weight: float64 [N], the points and what they count.
        first, last: indices of the run's first and last point.
        skip_first, skip_last: points at the two ends that are not to be followed.
        ends: float64 [8], the curve's start, its end, the unit tangent that leaves the start, and
            the one that leaves the end backwards.
        curve: float64 [8], receives the four control points.

    Returns:
        the mean of the squared distances, and the largest squared distance.
    """
    ax, ay, bx, by, ux, uy, vx, vy = ends
    low, high = first + skip_first, last - skip_last
    if high - low < 2:
        low, high = first, last
    count = min(_SAMPLES, high - low + 1)
    px, py, pw, t = np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    span = (high - low) / max(1, count - 1)
    for k in range(count):
        index = low + round(k * span)
        px[k], py[k], pw[k] = x[index], y[index], weight[index]
        t[k] = (index - first) / max(1, last - first)
    chord = np.hypot(bx - ax, by - ay)
    mean, worst = 1e9, 1e9
    for step in range(_REFITS + 1):
        a = b = c = r = s = 0.0
        for k in range(count):
            w = 1 - t[k]
            b0, b1, b2, b3 = w * w * w, 3 * w * w * t[k], 3 * w * t[k] * t[k], t[k] * t[k] * t[k]
            gx = px[k] - ax * (b0 + b1) - bx * (b2 + b3)
            gy = py[k] - ay * (b0 + b1) - by * (b2 + b3)
            a += pw[k] * b1 * b1
            b += pw[k] * b2 * b2
            c += pw[k] * b1 * b2
            r += pw[k] * b1 * (gx * ux + gy * uy)
            s += pw[k] * b2 * (gx * vx + gy * vy)
        cross = c * (ux * vx + uy * vy)
        determinant = a * b - cross * cross
        alpha = beta = chord / 3
        if determinant > 1e-9 * a * b:
            alpha = (b * r - cross * s) / determinant
            beta = (a * s - cross * r) / determinant
        limit = 1.5 * chord + 0.5
        if not (LEAST_ARM * chord < alpha < limit):
            alpha = min(max(alpha, LEAST_ARM * chord), limit)
            beta = (s - cross * alpha) / b
        if not (LEAST_ARM * chord < beta < limit):
            beta = min(max(beta, LEAST_ARM * chord), limit)
            alpha = min(max((r - cross * beta) / a, LEAST_ARM * chord), limit)
        curve[0], curve[1] = ax, ay
        curve[2], curve[3] = ax + alpha * ux, ay + alpha * uy
        curve[4], curve[5] = bx + beta * vx, by + beta * vy
        curve[6], curve[7] = bx, by
        mean = worst = 0.0
        for k in range(count):
            qx, qy, dx, dy = at(curve, t[k])
            ex, ey = px[k] - qx, py[k] - qy
            speed = dx * dx + dy * dy + 1e-12
            t[k] = min(1.0, max(0.0, t[k] + (ex * dx + ey * dy) / speed))
            if step < _REFITS:
                away = (ex * dy - ey * dx) ** 2 / speed
            else:
                qx, qy, _, _ = at(curve, t[k])
                away = (px[k] - qx) ** 2 + (py[k] - qy) ** 2
            away *= pw[k]
            mean += away / count
            worst = max(worst, away)
        if step == 0 and mean > 4.0:
            break
    return mean, worst


@compiled
def at(curve: np.ndarray, t: float) -> tuple[float, float, float, float]:
    """Return a cubic's point and derivative, x and y each, at a parameter."""
    w = 1 - t
    b0, b1, b2, b3 = w * w * w, 3 * w * w * t, 3 * w * t * t, t * t * t
    d0, d1, d2 = 3 * w * w, 6 * w * t, 3 * t * t
    return (
        b0 * curve[0] + b1 * curve[2] + b2 * curve[4] + b3 * curve[6],
        b0 * curve[1] + b1 * curve[3] + b2 * curve[5] + b3 * curve[7],
        d0 * (curve[2] - curve[0]) + d1 * (curve[4] - curve[2]) + d2 * (curve[6] - curve[4]),
        d0 * (curve[3] - curve[1]) + d1 * (curve[5] - curve[3]) + d2 * (curve[7] - curve[5]),
    )  # fmt: skip
