"""Finding the parts of an image that a gradient explains, and fitting it."""

import cv2
import numpy as np

from .coverage import CLEAR
from .merging import smooth_parts
from .paints import Gradient, Paint
from .settings import DrawingSettings

_BENT = 5.0  # levels by which a smooth pixel may differ from the mean of its neighbours
_FLAT = 0.5  # noises of spread up to which a part counts as one colour
_TONED_SHARE = 0.3  # of a part's pixels differ from its main colour where it is no flat part
_LEAST_PIXELS = 40  # fewer are not worth a gradient
_LEAST_SHARE = 0.0015  # of the image; likewise
_PIECES = 8  # gradients that a part may be divided into
_PIECE_SHARE = 0.12  # of a part, that a piece needs to have
_PIECED_SHARE = 0.01  # of the image: a smaller part is not divided into pieces
_MOST_GRADIENTS = 40  # of an image: more are a photograph
_MOST_TRIED = 120  # parts
_KEPT = 0.6  # of the pixels, those that fit best, from which a piece's gradient is found again
_EXPLAINED = 1.0  # noises by which a pixel may differ from a gradient that grows over it
_SAMPLE = 3000  # pixels that a fit looks at
_BINS = 48  # along a gradient, from which its stops are chosen
_MOST_STOPS = 8
_STOP_ERROR = 2.0  # distance from which a gradient needs one more stop
_ONE_CENTRE = 1.5  # px between the centres of gradients that may be one
_EXACT = 0.7  # misfit that rounding to whole levels leaves
_AS_GOOD = 1.2  # times the misfit of two gradients, what one for both may have
_RINGS = 3  # around one centre, at least, that are joined
_ONE_SHAPE = 0.02  # of two maps' coefficients, with unit norms; likewise
_SIMPLER = 0.75  # of the error: what a kind with more freedom has to gain


def find_gradients(
    values: np.ndarray, cores: np.ndarray, known: int, settings: DrawingSettings
) -> list[Paint]:
    """Label the smooth parts that gradients explain; return the gradients.

    Args:
        values: float32 [H, W, 4], premultiplied.
        cores: int16 [H, W], labels; changed where a gradient is found.
        known: number of the first gradient.
        settings: how far a gradient may be off.
    """
    smooth = _smooth(values) & (cores == CLEAR)
    paints: list[Gradient] = []
    parts = smooth_parts(values, smooth, max(8.0, settings.noise), settings.noise**2)
    _explain_all(values, parts, cores, known, paints, settings)
    united = _united(values, cores, known, paints)
    for index, paint in enumerate(united):
        _grow(values, cores, known + index, paint, _STOP_ERROR)
    return list(united)


def _explain_all(
    values: np.ndarray, parts: np.ndarray, cores: np.ndarray, known: int, paints: list[Gradient],
    settings: DrawingSettings,
) -> None:  # fmt: skip
    """Label parts, the largest first, with the gradients that explain them."""
    stats = _boxes(parts)
    least = max(_LEAST_PIXELS, _LEAST_SHARE * parts.size)
    largest = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")
    for part in largest[:_MOST_TRIED]:
        left, top, width, height, area = stats[part]
        if area < least or len(paints) >= _MOST_GRADIENTS:
            break
        box = np.s_[top : top + height, left : left + width]
        mask = (parts[box] == part) & (cores[box] == CLEAR)
        before = len(paints)
        pieces = _PIECES if area >= _PIECED_SHARE * parts.size else 0
        _explain(values[box], mask, (left, top), cores[box], known, paints, settings, pieces)
        for index in range(before, len(paints)):
            most = max(_EXPLAINED * settings.noise, settings.gradient_error / 2)
            _grow(values, cores, known + index, paints[index], most)


def _united(
    values: np.ndarray, cores: np.ndarray, known: int, paints: list[Gradient]
) -> list[Gradient]:
    """Join round and elliptical gradients around one centre: the rings of a shadow or a glow.

    Returns:
        the gradients that are left; `cores` is labelled anew.
    """
    left = list(paints)
    for index in range(len(paints) - 1, 0, -1):
        # Two may be a sphere and its rim, which one gradient would blur.
        if sum(_concentric(paints[index], other) for other in paints) < _RINGS:
            continue
        for other in range(index):
            if not _concentric(left[index], left[other]):
                continue
            y, x = np.nonzero((cores == known + index) | (cores == known + other))
            colours, first = values[y, x], cores[y, x] == known + index
            united = _around(x, y, colours, left[other])
            apart = max(
                misfit(left[index], x[first], y[first], colours[first]),
                misfit(left[other], x[~first], y[~first], colours[~first]),
            )
            if misfit(united, x, y, colours) <= max(_EXACT, _AS_GOOD * apart):
                left[other] = united
                cores[cores == known + index] = known + other
                cores[cores > known + index] -= 1
                del left[index]
                break
    return left


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


def _around(x: np.ndarray, y: np.ndarray, colours: np.ndarray, paint: Gradient) -> Gradient:
    """Return a round or elliptical gradient with new stops and radius for pixels [N, 4]."""
    a, b, c, d, e, f = paint.geometry
    distance = np.hypot(a * x + b * y + c, d * x + e * y + f)
    radius = float(distance.max())
    return Gradient(True, paint.geometry / radius, *_stops(distance / radius, colours))


def _boxes(parts: np.ndarray) -> np.ndarray:
    """Return left, top, width, height and area of each part, as OpenCV does."""
    count = int(parts.max()) + 1
    rows, columns = np.indices(parts.shape)
    low = np.full((count, 2), np.iinfo(np.int64).max)
    high = np.zeros((count, 2), np.int64)
    for c, along in enumerate((columns, rows)):
        np.minimum.at(low[:, c], parts.ravel(), along.ravel())
        np.maximum.at(high[:, c], parts.ravel(), along.ravel())
    areas = np.bincount(parts.ravel(), minlength=count)
    return np.column_stack([low, high - low + 1, areas])


def _grow(values: np.ndarray, cores: np.ndarray, label: int, paint: Gradient, most: float) -> None:
    """Give a gradient the pixels beside its own that it explains: up to edges, across seams.

    Args:
        most: levels by which a pixel may differ, in any channel.
    """
    own = cores == label
    y, x = np.nonzero(cores == CLEAR)
    off = np.abs(paint.at(x, y) - values[y, x]).max(axis=1)
    joined = own.astype(np.uint8)
    joined[y, x] = off < most
    _, parts = cv2.connectedComponents(joined, connectivity=4)
    touched = np.zeros(parts.max() + 1, bool)
    touched[parts[own]] = True
    touched[0] = False
    cores[touched[parts] & (cores == CLEAR)] = label


def _smooth(values: np.ndarray) -> np.ndarray:
    """Return bool [H, W]: True where a pixel lies between its neighbours, as on a slope."""
    around = cv2.blur(values, (3, 3), borderType=cv2.BORDER_REPLICATE)
    bent = np.abs(values - around).max(axis=2)
    return cv2.dilate(bent, np.ones((3, 3), np.uint8)) <= _BENT


def _explain(
    values: np.ndarray, mask: np.ndarray, corner: tuple[int, int], cores: np.ndarray, known: int,
    paints: list[Gradient], settings: DrawingSettings, pieces: int,
) -> None:  # fmt: skip
    """Label a smooth part with the gradient that explains it, or in pieces, at most that many."""
    whole = mask.sum()
    for _ in range(max(1, pieces)):
        y, x = np.nonzero(mask)
        if len(x) < max(_LEAST_PIXELS, _PIECE_SHARE * whole):
            return
        colours = values[y, x]
        limit = _limit(colours, settings)
        if not limit:
            return
        across, down = x + float(corner[0]), y + float(corner[1])
        for index, paint in enumerate(paints):
            if misfit(paint, across, down, colours) <= limit:
                cores[mask] = known + index
                return
        found = fit_gradient(across, down, colours, limit)
        if found is not None:
            cores[mask] = known + len(paints)
            paints.append(found)
            return
        if not pieces:
            return
        piece = _piece(mask, across, down, colours, limit)
        if piece is None:
            return
        found, part = piece
        cores[part] = known + len(paints)
        paints.append(found)
        mask = mask & ~part


def _limit(colours: np.ndarray, settings: DrawingSettings) -> float:
    """Return how far from colours [N, 4] a gradient may be; 0 where they are one colour."""
    spread = np.linalg.norm(colours - np.median(colours, axis=0), axis=1)
    if (spread > _FLAT * settings.noise).mean() < _TONED_SHARE:
        return 0.0
    # A gradient has to explain most of what varies: noise is better made flat.
    return min(settings.gradient_error, float(np.sqrt((spread**2).mean())) / 2)


def _piece(
    mask: np.ndarray, x: np.ndarray, y: np.ndarray, colours: np.ndarray, limit: float
) -> tuple[Gradient, np.ndarray] | None:
    """Return a gradient that explains a good share of a part, and bool [h, w] where it does.

    Found by least trimmed squares: Rousseeuw, "Least median of squares regression", 1984.
    """
    kept = np.arange(len(x))
    found = None
    for _ in range(4):
        found = fit_gradient(x[kept], y[kept], colours[kept], np.inf)
        if found is None:
            return None
        off = ((found.at(x, y) - colours) ** 2).sum(axis=1)
        kept = np.argsort(off, kind="stable")[: int(_KEPT * len(x))]
    explained = np.zeros(mask.shape, np.uint8)
    explained[mask] = off < (1.5 * limit) ** 2
    explained = cv2.medianBlur(explained, 5) & mask
    _, parts, stats, _ = cv2.connectedComponentsWithStats(explained, connectivity=4)
    if len(stats) < 2:
        return None
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    if stats[largest, cv2.CC_STAT_AREA] < max(_LEAST_PIXELS, _PIECE_SHARE * len(x)):
        return None
    return found, parts == largest


def fit_gradient(
    x: np.ndarray, y: np.ndarray, colours: np.ndarray, limit: float
) -> Gradient | None:
    """Fit a gradient to pixels.

    Args:
        x, y: float [N], where they are.
        colours: float [N, 4], premultiplied, 0 to 255.
        limit: root of the mean squared distance that a fit may leave.

    Returns:
        the simplest of linear, round and elliptical gradients that fits about as well as the best;
        None if none fits.
    """
    if len(x) > _SAMPLE:
        chosen = np.linspace(0, len(x) - 1, _SAMPLE).astype(int)
        x, y, colours = x[chosen], y[chosen], colours[chosen]
    best, least = None, np.inf
    for kind in (_linear, _round, _elliptical):
        found = kind(x, y, colours)
        if found is None:
            continue
        error = misfit(found, x, y, colours)
        if error < _SIMPLER * least:
            best, least = found, error
        if least < 1.0:
            break
    return best if least <= limit else None


def misfit(paint: Gradient, x: np.ndarray, y: np.ndarray, colours: np.ndarray) -> float:
    """Return the root of the mean squared distance of pixels [N, 4] from a gradient."""
    return float(np.sqrt(((paint.at(x, y) - colours) ** 2).sum(axis=1).mean()))


def _linear(x: np.ndarray, y: np.ndarray, colours: np.ndarray) -> Gradient | None:
    """Fit along the direction in which the colours change most, by least squares."""
    places = np.stack([np.ones_like(x), x - x.mean(), y - y.mean()], axis=1)
    slopes = _least_squares(places, colours)[1:]
    direction = np.linalg.svd(slopes)[0][:, 0]
    best, least = None, np.inf
    angle, step = float(np.arctan2(direction[1], direction[0])), 0.2
    for _ in range(5):
        for turned in (angle - step, angle, angle + step):
            found = _along(x, y, colours, turned)
            if found is None:
                continue
            error = misfit(found, x, y, colours)
            if error < least:
                best, least, angle = found, error, turned
        step /= 2.5
    return best


def _along(x: np.ndarray, y: np.ndarray, colours: np.ndarray, angle: float) -> Gradient | None:
    a, b = np.cos(angle), np.sin(angle)
    t = a * x + b * y
    low, span = float(t.min()), float(np.ptp(t))
    if span < 1e-6:
        return None
    geometry = np.array([a / span, b / span, -low / span, 0, 0, 0])
    return Gradient(False, geometry, *_stops((t - low) / span, colours))


def _round(x: np.ndarray, y: np.ndarray, colours: np.ndarray) -> Gradient | None:
    return _radial(x, y, colours, np.eye(2))


def _elliptical(x: np.ndarray, y: np.ndarray, colours: np.ndarray) -> Gradient | None:
    """Fit around a centre with ellipses of the shape that the colours' quadratic has there."""
    _, bend, _ = _quadratic(x, y, colours)
    values, axes = np.linalg.eigh(bend)
    values = np.abs(values)
    if values.max() < 1e-9 or values.min() < 0.01 * values.max():
        return None
    stretch = np.sqrt(values / values.max())
    best, least = None, np.inf
    # Colours do not change with the square of the distance: the true ratio is near the root.
    for power in (1.0, 0.7, 1.4):
        found = _radial(x, y, colours, (axes * stretch**power) @ axes.T)
        if found is None:
            continue
        error = misfit(found, x, y, colours)
        if error < least:
            best, least = found, error
    return best


def _quadratic(
    x: np.ndarray, y: np.ndarray, colours: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return slope [2] and curvature [2, 2] of the quadratic nearest to the main shade."""
    u, v = x - x.mean(), y - y.mean()
    spread = max(float(u.std()), float(v.std()), 1e-6)
    u, v = u / spread, v / spread
    shades = colours - colours.mean(axis=0)
    main = shades @ np.linalg.svd(shades.T @ shades)[0][:, 0]
    terms = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=1)
    _, b, c, d, e, f = _least_squares(terms, main)
    return np.array([b, c]), np.array([[d, e / 2], [e / 2, f]]), spread


def _radial(
    x: np.ndarray, y: np.ndarray, colours: np.ndarray, shape: np.ndarray
) -> Gradient | None:
    """Fit around the centre at which pixels of one distance have one colour.

    The first guess is where a quadratic fitted to the colours has its extreme. Distances are
    measured after a linear map, `shape` [2, 2].
    """
    slope, bend, spread = _quadratic(x, y, colours)
    shades = colours - colours.mean(axis=0)
    main = shades @ np.linalg.svd(shades.T @ shades)[0][:, 0]
    u, v = (x - x.mean()) / spread, (y - y.mean()) / spread
    starts = [np.zeros(2)]
    if abs(np.linalg.det(bend)) > 1e-9:
        guess = -np.linalg.solve(bend, slope) / 2
        if np.abs(guess).max() < 12:
            starts.insert(0, guess)
    centre, least, step = starts[0], np.inf, 1.0
    candidates = starts
    for _ in range(14):
        errors = [_spread_along(u, v, main, place, shape) for place in candidates]
        best = int(np.argmin(errors))
        if errors[best] < least:
            centre, least = candidates[best], errors[best]
        else:
            step /= 2
        moves = ((1, 0), (-1, 0), (0, 1), (0, -1))
        candidates = [centre + step * np.array(move) for move in moves]
    origin = centre * spread + [x.mean(), y.mean()]
    local = np.stack([x - origin[0], y - origin[1]], axis=1) @ shape.T
    distance = np.hypot(local[:, 0], local[:, 1])
    radius = float(distance.max())
    if not 1e-6 < radius < 1e5:
        return None
    linear = shape / radius
    shift = -linear @ origin
    geometry = np.array([*linear[0], shift[0], *linear[1], shift[1]])
    return Gradient(True, geometry, *_stops(distance / radius, colours))


def _spread_along(
    u: np.ndarray, v: np.ndarray, shade: np.ndarray, centre: np.ndarray, shape: np.ndarray
) -> float:
    """Return how much the shade varies among points at one distance from a centre."""
    du, dv = u - centre[0], v - centre[1]
    distance = np.hypot(shape[0, 0] * du + shape[0, 1] * dv, shape[1, 0] * du + shape[1, 1] * dv)
    low = distance.min()
    bins = ((distance - low) / (np.ptp(distance) + 1e-9) * 23.999).astype(np.int64)
    counts = np.maximum(np.bincount(bins, minlength=24), 1)
    means = np.bincount(bins, shade, 24) / counts
    return float(((shade - means[bins]) ** 2).mean())


def _stops(t: np.ndarray, colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets [K] and colours [K, 4] between which straight lines follow the pixels."""
    bins = np.minimum((t * _BINS).astype(int), _BINS - 1)
    counts = np.bincount(bins, minlength=_BINS)
    filled = counts > 0
    means = np.stack([np.bincount(bins, colours[:, c], _BINS) for c in range(4)], axis=1)
    means = means[filled] / counts[filled, None]
    at = (np.bincount(bins, t, _BINS)[filled] / counts[filled]).clip(0, 1)
    kept = [0, len(at) - 1] if len(at) > 1 else [0]
    while len(kept) < _MOST_STOPS:
        line = np.stack([np.interp(at, at[kept], means[kept, c]) for c in range(4)], axis=1)
        gaps = np.linalg.norm(line - means, axis=1)
        worst = int(np.argmax(gaps))
        if gaps[worst] < _STOP_ERROR or worst in kept:
            break
        kept = sorted([*kept, worst])
    offsets = at[kept]
    # Least squares for the stops' colours: the means of single bins are noisy.
    hats = np.stack([np.interp(t, offsets, unit) for unit in np.eye(len(kept))], axis=1)
    fitted = _least_squares(hats, colours)
    return offsets, np.clip(fitted, 0, 255)


def _least_squares(terms: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return what to multiply terms [N, K] by for values [N] or [N, C], by the normal equations.

    Many pixels and few terms: decomposing [N, K] itself takes fifty times as long.
    """
    return np.linalg.lstsq(terms.T @ terms, terms.T @ values, rcond=None)[0]
