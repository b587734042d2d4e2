"""Fitting linear, round and elliptical gradients to pixels."""

from typing import NamedTuple

import numpy as np

from .compiled import compiled
from .paints import Gradient

_SAMPLE = 3000  # pixels that a fit looks at
_BINS = 48  # along a gradient, from which its stops are chosen
_MOST_STOPS = 12
_ONE_BEND = 1.7  # bins within which two stops may be for one bend
_STOP_ERROR = 2.0  # distance from which a gradient needs one more stop
_SIMPLER = 0.75  # of the error: what a kind with more freedom has to gain
_STARTS = 6  # directions from which a linear gradient's is sought
_RINGS = 24  # around a centre, within which the shade should not vary


def fit_gradient(
    x: np.ndarray, y: np.ndarray, colours: np.ndarray, limit: float
) -> Gradient | None:
    """Fit a gradient to pixels.

    Args:
        x, y: float [N], where they are.
        colours: float32 [N, 4], premultiplied, 0 to 255.
        limit: root of the mean squared distance that a fit may leave.

    Returns:
        the simplest of linear, round and elliptical gradients that fits about as well as the best;
        None if none fits.
    """
    if len(x) > _SAMPLE:
        chosen = np.linspace(0, len(x) - 1, _SAMPLE).astype(int)
        x, y, colours = x[chosen], y[chosen], colours[chosen]
    best, least = _linear(x, y, colours)
    if least >= 1.0:
        shade = _shade(x, y, colours)
        for kind in (_round, _elliptical):
            found, error = kind(x, y, colours, shade)
            if error < _SIMPLER * least:
                best, least = found, error
            if least < 1.0:
                break
    return best if least <= limit else None


def around(x: np.ndarray, y: np.ndarray, colours: np.ndarray, paint: Gradient) -> Gradient:
    """Return a round or elliptical gradient with new stops and radius for pixels [N, 4]."""
    a, b, c, d, e, f = paint.geometry
    distance = np.hypot(a * x + b * y + c, d * x + e * y + f)
    radius = float(distance.max())
    return Gradient(True, paint.geometry / radius, *_stops(distance / radius, colours))


def misfit(paint: Gradient, x: np.ndarray, y: np.ndarray, colours: np.ndarray) -> float:
    """Return the root of the mean squared distance of pixels [N, 4] from a gradient."""
    places = (np.asarray(values, np.float64) for values in (x, y))
    return _misfit(
        paint.radial, paint.geometry, paint.offsets, paint.colours, *places, colours
    )  # fmt: skip


@compiled
def _misfit(
    radial: bool, geometry: np.ndarray, offsets: np.ndarray, stops: np.ndarray, x: np.ndarray,
    y: np.ndarray, colours: np.ndarray,
) -> float:  # fmt: skip
    colour = np.empty(4, np.float32)
    total = 0.0
    for p in range(len(x)):
        colour_at(radial, geometry, offsets, stops, x[p], y[p], colour)
        for c in range(4):
            total += (colour[c] - colours[p, c]) ** 2
    return np.sqrt(total / len(x))


@compiled
def colour_at(
    radial: bool, geometry: np.ndarray, offsets: np.ndarray, stops: np.ndarray, x: float, y: float,
    out: np.ndarray,
) -> None:  # fmt: skip
    """Write a gradient's colour at a place to `out`, float32 [4]; see `paints.Gradient`."""
    t = geometry[0] * x + geometry[1] * y + geometry[2]
    if radial:
        t = np.hypot(t, geometry[3] * x + geometry[4] * y + geometry[5])
    last = len(offsets) - 1
    if t <= offsets[0]:
        out[:] = stops[0]
        return
    if t >= offsets[last]:
        out[:] = stops[last]
        return
    k = 0
    while t >= offsets[k + 1]:
        k += 1
    part = (t - offsets[k]) / (offsets[k + 1] - offsets[k])
    for c in range(4):
        out[c] = stops[k, c] + part * (stops[k + 1, c] - stops[k, c])


def _linear(x: np.ndarray, y: np.ndarray, colours: np.ndarray) -> tuple[Gradient | None, float]:
    """Fit along the direction in which the colours change most; return how far off that is, too."""
    places = np.stack([np.ones_like(x), x - x.mean(), y - y.mean()], axis=1)
    slopes = _least_squares(places, colours)[1:]
    direction = np.linalg.svd(slopes)[0][:, 0]
    angle, step = float(np.arctan2(direction[1], direction[0])), 0.2
    best, least = _along(x, y, colours, angle)
    if least >= 1.0:
        # Shades that rise and fall again have no slope on the whole.
        for other in angle + np.pi * np.arange(1, _STARTS) / _STARTS:
            found, error = _along(x, y, colours, float(other))
            if error < least:
                best, least, angle = found, error, float(other)
    for _ in range(5):
        for turned in (angle - step, angle + step):
            found, error = _along(x, y, colours, turned)
            if error < least:
                best, least, angle = found, error, turned
        step /= 2.5
    return best, least


def _along(
    x: np.ndarray, y: np.ndarray, colours: np.ndarray, angle: float
) -> tuple[Gradient | None, float]:
    a, b = np.cos(angle), np.sin(angle)
    t = a * x + b * y
    low, span = float(t.min()), float(np.ptp(t))
    if span < 1e-6:
        return None, np.inf
    geometry = np.array([a / span, b / span, -low / span, 0, 0, 0])
    found = Gradient(False, geometry, *_stops((t - low) / span, colours))
    return found, misfit(found, x, y, colours)


class Shade(NamedTuple):
    """How light pixels are, along the line on which their colours vary most.

    Attributes:
        u, v: float64 [N], where they are, from their middle, in units of their spread.
        main: float64 [N], the shade.
        middle: float64 [2], px.
        spread: px.
        slope, bend: float64 [2] and [2, 2], of the quadratic nearest to the shade.
    """

    u: np.ndarray
    v: np.ndarray
    main: np.ndarray
    middle: np.ndarray
    spread: float
    slope: np.ndarray
    bend: np.ndarray


def _shade(x: np.ndarray, y: np.ndarray, colours: np.ndarray) -> Shade:
    middle = np.array([x.mean(), y.mean()])
    u, v = x - middle[0], y - middle[1]
    spread = max(float(u.std()), float(v.std()), 1e-6)
    u, v = u / spread, v / spread
    shades = colours - colours.mean(axis=0)
    main = shades @ np.linalg.svd(shades.T @ shades)[0][:, 0]
    terms = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=1)
    _, b, c, d, e, f = _least_squares(terms, main)
    bend = np.array([[d, e / 2], [e / 2, f]])
    return Shade(u, v, main.astype(np.float64), middle, spread, np.array([b, c]), bend)


def _round(
    x: np.ndarray, y: np.ndarray, colours: np.ndarray, shade: Shade
) -> tuple[Gradient | None, float]:
    return _radial(x, y, colours, shade, np.eye(2))


def _elliptical(
    x: np.ndarray, y: np.ndarray, colours: np.ndarray, shade: Shade
) -> tuple[Gradient | None, float]:
    """Fit around a centre with ellipses of the shape that the shade's quadratic has there."""
    values, axes = np.linalg.eigh(shade.bend)
    values = np.abs(values)
    if values.max() < 1e-9 or values.min() < 0.01 * values.max():
        return None, np.inf
    stretch = np.sqrt(values / values.max())
    # Colours do not change with the square of the distance: the true ratio is near the root.
    tried = (
        _radial(x, y, colours, shade, (axes * stretch**power) @ axes.T) for power in (1.0, 0.7, 1.4)
    )
    return min(tried, key=lambda found: found[1])


def _radial(
    x: np.ndarray, y: np.ndarray, colours: np.ndarray, shade: Shade, shape: np.ndarray
) -> tuple[Gradient | None, float]:
    """Fit around the centre at which pixels of one distance have one colour.

    The first guess is where the shade's quadratic has its extreme. Distances are measured after a
    linear map, `shape` [2, 2].
    """
    starts = [np.zeros(2)]
    if abs(np.linalg.det(shade.bend)) > 1e-9:
        guess = -np.linalg.solve(shade.bend, shade.slope) / 2
        if np.abs(guess).max() < 12:
            starts.insert(0, guess)
    centre = _centre(shade.u, shade.v, shade.main, np.array(starts), shape)
    origin = centre * shade.spread + shade.middle
    local = np.stack([x - origin[0], y - origin[1]], axis=1) @ shape.T
    distance = np.hypot(local[:, 0], local[:, 1])
    radius = float(distance.max())
    if not 1e-6 < radius < 1e5:
        return None, np.inf
    linear = shape / radius
    shift = -linear @ origin
    geometry = np.array([*linear[0], shift[0], *linear[1], shift[1]])
    found = Gradient(True, geometry, *_stops(distance / radius, colours))
    return found, misfit(found, x, y, colours)


@compiled
def _centre(
    u: np.ndarray, v: np.ndarray, shade: np.ndarray, starts: np.ndarray, shape: np.ndarray
) -> np.ndarray:
    """Return the place around which the shade varies least along rings, going downhill."""
    moves = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    centre, least, step = starts[0].copy(), np.inf, 1.0
    candidates = starts.copy()
    for _ in range(14):
        best, error = 0, np.inf
        for k in range(len(candidates)):
            spread = _spread_along(u, v, shade, candidates[k], shape)
            if spread < error:
                best, error = k, spread
        if error < least:
            centre, least = candidates[best].copy(), error
        else:
            step /= 2
        candidates = centre + step * moves
    return centre


@compiled
def _spread_along(
    u: np.ndarray, v: np.ndarray, shade: np.ndarray, centre: np.ndarray, shape: np.ndarray
) -> float:
    """Return how much the shade varies among points at one distance from a centre."""
    n = len(u)
    distance = np.empty(n)
    for p in range(n):
        du, dv = u[p] - centre[0], v[p] - centre[1]
        across, down = shape[0, 0] * du + shape[0, 1] * dv, shape[1, 0] * du + shape[1, 1] * dv
        distance[p] = np.sqrt(across * across + down * down)
    low = distance.min()
    scale = (_RINGS - 0.001) / (distance.max() - low + 1e-9)
    counts, means = np.zeros(_RINGS), np.zeros(_RINGS)
    for p in range(n):
        ring = int((distance[p] - low) * scale)
        counts[ring] += 1
        means[ring] += shade[p]
    for ring in range(_RINGS):
        means[ring] /= max(counts[ring], 1.0)
    total = 0.0
    for p in range(n):
        total += (shade[p] - means[int((distance[p] - low) * scale)]) ** 2
    return total / n


def _stops(t: np.ndarray, colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets [K] and colours [K, 4] between which straight lines follow the pixels."""
    offsets = _offsets(t, colours)
    found = _at_stops(t, colours, offsets)
    fewer = _joined_stops(offsets, found)
    if len(fewer) < len(offsets):
        offsets, found = fewer, _at_stops(t, colours, fewer)
    return offsets, np.clip(found, 0, 255)


@compiled
def _joined_stops(offsets: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Return offsets with one for each two between which there is a single bend.

    A bend within a bin takes a stop on both sides of it. It is where the lines before the first
    and after the second meet.
    """
    result = np.empty(len(offsets))
    count, k = 0, 0
    while k < len(offsets):
        result[count] = offsets[k]
        if 0 < k < len(offsets) - 2 and offsets[k + 1] - offsets[k] < _ONE_BEND / _BINS:
            before = (colours[k] - colours[k - 1]) / (offsets[k] - offsets[k - 1])
            after = (colours[k + 2] - colours[k + 1]) / (offsets[k + 2] - offsets[k + 1])
            gap = colours[k + 1] - colours[k] - after * (offsets[k + 1] - offsets[k])
            bend = before - after
            further = (gap * bend).sum() / ((bend * bend).sum() + 1e-12)
            left = gap - further * bend
            if 0 < further < offsets[k + 1] - offsets[k] and (left**2).sum() < _STOP_ERROR**2:
                result[count] = offsets[k] + further
                k += 1
        count += 1
        k += 1
    return result[:count]


@compiled
def _offsets(t: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Return where a gradient needs stops, rising: where lines between fewer are farthest off."""
    counts, at, means = np.zeros(_BINS), np.zeros(_BINS), np.zeros((_BINS, 4))
    for p in range(len(t)):
        k = min(int(t[p] * _BINS), _BINS - 1)
        counts[k] += 1
        at[k] += t[p]
        for c in range(4):
            means[k, c] += colours[p, c]
    filled = 0
    for k in range(_BINS):
        if counts[k] > 0:
            at[filled] = min(1.0, max(0.0, at[k] / counts[k]))
            means[filled] = means[k] / counts[k]
            filled += 1
    kept = np.zeros(filled, np.bool_)
    kept[0] = kept[filled - 1] = True
    while kept.sum() < _MOST_STOPS:
        worst, most = 0, -1.0
        first = 0
        for last in range(1, filled):
            if not kept[last]:
                continue
            for k in range(first, last + 1):
                part = (at[k] - at[first]) / (at[last] - at[first])
                gap = 0.0
                for c in range(4):
                    gap += (means[first, c] + part * (means[last, c] - means[first, c]) -
                            means[k, c]) ** 2  # fmt: skip
                if gap > most:
                    worst, most = k, gap
            first = last
        if most < _STOP_ERROR**2 or kept[worst]:
            break
        kept[worst] = True
    return at[:filled][kept]


@compiled
def _at_stops(t: np.ndarray, colours: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return the colours of stops, float64 [K, 4], by least squares: means of bins are noisy.

    Each pixel lies between two stops, so that the normal equations have three diagonals. They are
    solved by elimination: near each stop there are pixels.
    """
    count = len(offsets)
    own, beside, values = np.zeros(count), np.zeros(count), np.zeros((count, 4))
    for p in range(len(t)):
        k, part = 0, 0.0
        if t[p] >= offsets[count - 1]:
            k = count - 1
        elif t[p] > offsets[0]:
            while t[p] >= offsets[k + 1]:
                k += 1
            part = (t[p] - offsets[k]) / (offsets[k + 1] - offsets[k])
        own[k] += (1 - part) * (1 - part)
        if part > 0:
            own[k + 1] += part * part
            beside[k] += part * (1 - part)
        for c in range(4):
            values[k, c] += (1 - part) * colours[p, c]
            if part > 0:
                values[k + 1, c] += part * colours[p, c]
    for k in range(1, count):
        ratio = beside[k - 1] / max(own[k - 1], 1e-12)
        own[k] -= ratio * beside[k - 1]
        for c in range(4):
            values[k, c] -= ratio * values[k - 1, c]
    for k in range(count - 1, -1, -1):
        for c in range(4):
            if k + 1 < count:
                values[k, c] -= beside[k] * values[k + 1, c]
            values[k, c] /= max(own[k], 1e-12)
    return values


def _least_squares(terms: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return what to multiply terms [N, K] by for values [N] or [N, C], by the normal equations.

    Many pixels and few terms: decomposing [N, K] itself takes fifty times as long.
    """
    return np.linalg.lstsq(terms.T @ terms, terms.T @ values, rcond=None)[0]
