"""What a region is painted with: one colour, or a linear or radial gradient fitted to it."""

from dataclasses import dataclass

import numpy as np

_BINS = 48  # along a gradient, from which its stops are chosen
_MAX_STOPS = 8
_STOP_ERROR = 2.5  # RGB distance from which a gradient needs one more stop
_SAMPLE = 4000  # pixels that a fit looks at


@dataclass(frozen=True)
class Flat:
    """One colour, float [3], 0 to 255."""

    colour: np.ndarray

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the colour at points, float32 [..., 3]."""
        return np.broadcast_to(self.colour.astype(np.float32), (*np.shape(x), 3))


@dataclass(frozen=True)
class Gradient:
    """A linear or radial gradient.

    Attributes:
        start: x and y at which a linear one begins, or a radial one's centre.
        end: x and y at which a linear one ends; None for a radial one.
        radius: of a radial one.
        offsets: float [K], rising, 0 to 1.
        colours: float [K, 3], 0 to 255.
    """

    start: tuple[float, float]
    end: tuple[float, float] | None
    radius: float
    offsets: np.ndarray
    colours: np.ndarray

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the colour at points, float32 [..., 3]."""
        dx, dy = x - self.start[0], y - self.start[1]
        if self.end is None:
            t = np.hypot(dx, dy) / self.radius
        else:
            run, rise = self.end[0] - self.start[0], self.end[1] - self.start[1]
            t = (dx * run + dy * rise) / (run * run + rise * rise)
        channels = [np.interp(t, self.offsets, self.colours[:, c]) for c in range(3)]
        return np.stack(channels, axis=-1).astype(np.float32)


Paint = Flat | Gradient


def fit_gradient(
    x: np.ndarray, y: np.ndarray, colours: np.ndarray, limit: float
) -> Gradient | None:
    """Fit a gradient to pixels.

    Args:
        x, y: float [N], where they are.
        colours: float [N, 3], 0 to 255.
        limit: root of the mean squared RGB distance that a fit may leave.

    Returns:
        the simpler of the two kinds that fits; None if neither does.
    """
    if len(x) > _SAMPLE:
        chosen = np.linspace(0, len(x) - 1, _SAMPLE).astype(int)
        x, y, colours = x[chosen], y[chosen], colours[chosen]
    linear = _linear(x, y, colours)
    linear_error = misfit(linear, x, y, colours) if linear else np.inf
    if linear_error <= limit * 0.6:
        return linear
    radial = _radial(x, y, colours)
    radial_error = misfit(radial, x, y, colours) if radial else np.inf
    if min(linear_error, radial_error) > limit:
        return None
    return linear if linear_error <= radial_error else radial


def misfit(paint: Paint, x: np.ndarray, y: np.ndarray, colours: np.ndarray) -> float:
    """Return the root of the mean squared RGB distance of pixels [N, 3] from a paint."""
    return float(np.sqrt(((paint.at(x, y) - colours) ** 2).sum(axis=1).mean()))


def _linear(x: np.ndarray, y: np.ndarray, colours: np.ndarray) -> Gradient | None:
    """Fit along the direction in which the colours change most, by least squares."""
    places = np.stack([np.ones_like(x), x - x.mean(), y - y.mean()], axis=1)
    slopes = np.linalg.lstsq(places, colours, rcond=None)[0][1:]
    direction = np.linalg.svd(slopes)[0][:, 0]
    t = x * direction[0] + y * direction[1]
    low, high = float(t.min()), float(t.max())
    if high - low < 1e-6:
        return None
    offsets, stops = _stops((t - low) / (high - low), colours)
    across = float(x.mean() * -direction[1] + y.mean() * direction[0])
    foot = np.array([-direction[1], direction[0]]) * across
    start, end = direction * low + foot, direction * high + foot
    return Gradient(tuple(start), tuple(end), 0.0, offsets, stops)


def _radial(x: np.ndarray, y: np.ndarray, colours: np.ndarray) -> Gradient | None:
    """Fit around the point that the lines along the colours' change have in common.

    With colours quadratic in x and y, as they are around the centre of a radial gradient, that
    point is where the fitted quadratic has its extreme.
    """
    u, v = x - x.mean(), y - y.mean()
    spread = max(float(u.std()), float(v.std()), 1e-6)
    u, v = u / spread, v / spread
    shades = colours - colours.mean(axis=0)
    main = shades @ np.linalg.svd(shades.T @ shades)[0][:, 0]
    terms = np.stack([np.ones_like(u), u, v, u * u + v * v, u * v, u * u - v * v], axis=1)
    _, b, c, a, _, _ = np.linalg.lstsq(terms, main, rcond=None)[0]
    if abs(a) < 1e-6:
        return None
    best = None
    for centre in _centres(u, v, main, (-b / (2 * a), -c / (2 * a))):
        cx, cy = centre[0] * spread + x.mean(), centre[1] * spread + y.mean()
        distance = np.hypot(x - cx, y - cy)
        radius = float(distance.max())
        if not 1e-6 < radius < 1e5:
            continue
        offsets, stops = _stops(distance / radius, colours)
        found = Gradient((float(cx), float(cy)), None, radius, offsets, stops)
        error = misfit(found, x, y, colours)
        if best is None or error < best[0]:
            best = (error, found)
    return best[1] if best else None


def _centres(
    u: np.ndarray, v: np.ndarray, shade: np.ndarray, first: tuple[float, float]
) -> list[tuple[float, float]]:
    """Return a first guess of the centre, and better ones found around it."""
    guess, error = first, np.inf
    step = 1.0
    candidates = [first, (0.0, 0.0)]
    for _ in range(6):
        errors = [_spread_along(np.hypot(u - p[0], v - p[1]), shade) for p in candidates]
        best = int(np.argmin(errors))
        if errors[best] < error:
            guess, error = candidates[best], errors[best]
        else:
            step /= 2
        moves = ((1, 0), (-1, 0), (0, 1), (0, -1))
        candidates = [(guess[0] + step * dx, guess[1] + step * dy) for dx, dy in moves]
    return [guess]


def _spread_along(distance: np.ndarray, shade: np.ndarray) -> float:
    """Return how much the shade varies among points at one distance."""
    bins = np.minimum((distance / (distance.max() + 1e-9) * 24).astype(int), 23)
    counts = np.maximum(np.bincount(bins, minlength=24), 1)
    means = np.bincount(bins, shade, 24) / counts
    return float(((shade - means[bins]) ** 2).mean())


def _stops(t: np.ndarray, colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets [K] and colours [K, 3] between which straight lines follow the pixels."""
    bins = np.minimum((t * _BINS).astype(int), _BINS - 1)
    counts = np.bincount(bins, minlength=_BINS)
    filled = counts > 0
    means = np.stack([np.bincount(bins, colours[:, c], _BINS) for c in range(3)], axis=1)
    means = means[filled] / counts[filled, None]
    at = (np.bincount(bins, t, _BINS)[filled] / counts[filled]).clip(0, 1)
    kept = [0, len(at) - 1] if len(at) > 1 else [0]
    while len(kept) < _MAX_STOPS:
        line = np.stack([np.interp(at, at[kept], means[kept, c]) for c in range(3)], axis=1)
        gaps = np.linalg.norm(line - means, axis=1)
        worst = int(np.argmax(gaps))
        if gaps[worst] < _STOP_ERROR or worst in kept:
            break
        kept = sorted([*kept, worst])
    return at[kept], means[kept]
