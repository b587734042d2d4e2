"""Giving patches that are not worth their outline to the paints around them.

Noise makes pixels look like mixtures of the wrong paints. A patch is worth its outline if without
it the misfit of its pixels would grow by more than a price for each pixel of the outline (as in
Mumford and Shah, "Optimal approximations by piecewise smooth functions", 1989).
"""

import numpy as np

from .compiled import compiled
from .coverage import Mixture, best_mixture
from .merging import alike_neighbours
from .paints import PaintTable

_ROUNDS = 3
_MOST_PIXELS = 4000  # of a patch: a larger one is worth its outline
_AROUND = 5  # paints around a patch that are tried
_SMALL = 30  # pixels of a patch around which paints further off are tried, too
_BEYOND = 5  # px, how far
_THIN = 0.8  # pixels for each of the outline, that a line of 1.6 px has
_SEEN = 0.75  # share of the first paint up to which the second one is looked at
_REACH = 2  # px over which two paints mix


def tidied(
    mixture: Mixture, values: np.ndarray, table: PaintTable, noise: float, price: float
) -> Mixture:
    """Return a mixture without the patches that are not worth their outline.

    Args:
        mixture: of each pixel.
        values: float32 [H, W, 4], see `colours.measurable`.
        table: the paints.
        noise: distance by which a pixel of a paint may differ from it.
        price: of a pixel of outline, in squared noises.
    """
    result = Mixture(*(array.copy() for array in mixture))
    everywhere = np.ones(mixture.first.shape, bool)
    for _ in range(_ROUNDS):
        parts, count = alike_neighbours(result.first.astype(np.int64), everywhere)
        if not _give_patches(values, parts, count, table, noise, price, result):
            break
    _give_seconds(values, table, noise, price, result)
    return result


@compiled
def _give_patches(
    values: np.ndarray, parts: np.ndarray, count: int, table: PaintTable, noise: float,
    price: float, mixture: Mixture,
) -> int:  # fmt: skip
    """Give away patches, the smallest first, and return how many."""
    height, width = parts.shape
    order, sizes = _gathered(parts, count)
    starts = np.cumsum(sizes) - sizes
    names = np.empty(_AROUND, np.int64)
    inside = np.full((height, width), -1, np.int64)
    given = 0
    for part in np.argsort(sizes, kind="mergesort"):
        if sizes[part] > _MOST_PIXELS:
            break
        pixels = order[starts[part] : starts[part] + sizes[part]]
        own = mixture.first[pixels[0] // width, pixels[0] % width]
        found, outline = _around(mixture.first, pixels, own, names)
        thin = len(pixels) < _THIN * outline
        best = _explained(values, pixels, names[:found], thin, outline, True, table, noise, price,
                          inside, mixture)  # fmt: skip
        if not len(best):
            continue
        given += 1
        _put(mixture, pixels, best)
        for p in range(len(pixels)):
            _remix(values, pixels[p], own, table, noise, mixture)
    return given


@compiled
def _gathered(parts: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels of parts [H, W], one part's after the other's, and how many each has."""
    flat = parts.ravel()
    sizes = np.zeros(count, np.int64)
    for p in range(len(flat)):
        sizes[flat[p]] += 1
    next_of = np.cumsum(sizes) - sizes
    order = np.empty(len(flat), np.int64)
    for p in range(len(flat)):
        order[next_of[flat[p]]] = p
        next_of[flat[p]] += 1
    return order, sizes


@compiled
def _explained(
    values: np.ndarray, pixels: np.ndarray, names: np.ndarray, thin: bool, outline: int,
    outlined: bool, table: PaintTable, noise: float, price: float, inside: np.ndarray,
    mixture: Mixture,
) -> np.ndarray:  # fmt: skip
    """Return what a patch is without its paint: float64 [N, 4] as of `best_mixture`, or [0, 4].

    Args:
        values, table, noise, price: as for `tidied`.
        pixels: int64 [N], of the patch.
        names: the paints that may explain it.
        thin: whether those mix everywhere in it.
        outline: how long its own is.
        outlined: whether the borders that come instead have their price.
        inside: int64 [H, W], -1 everywhere.
        mixture: of the image.
    """
    width = values.shape[1]
    unit = price * noise * noise
    least = unit * outline
    for p in range(len(pixels)):
        y, x = pixels[p] // width, pixels[p] % width
        least += mixture.residual[y, x] ** 2
        inside[y, x] = p
    best = np.empty((0, 4))
    for p in range(len(names)):
        for q in range(p, len(names)):
            tried = np.empty((len(pixels), 4))
            cost = _mixed(values, pixels, names[p], names[q], thin, table, noise, least,
                          inside, mixture.first, tried)  # fmt: skip
            if outlined and cost < least:
                cost += unit * _borders(mixture.first, pixels, inside, tried)
            if cost < least:
                least, best = cost, tried
    for p in range(len(pixels)):
        inside[pixels[p] // width, pixels[p] % width] = -1
    return best


@compiled
def _mixed(
    values: np.ndarray, pixels: np.ndarray, a: int, b: int, thin: bool, table: PaintTable,
    noise: float, most: float, inside: np.ndarray, first: np.ndarray, tried: np.ndarray,
) -> float:  # fmt: skip
    """Mix a patch of two paints, or of one, and return the squared misfit, `most` or more if so."""
    height, width = first.shape
    names = np.array([a, b])
    total = 0.0
    for p in range(len(pixels)):
        y, x = pixels[p] // width, pixels[p] % width
        count = 1
        if a != b:
            # What lies far from one of the two is no mixture of both.
            near_a = near_b = False
            for v in range(max(0, y - _REACH), min(height, y + _REACH + 1)):
                for u in range(max(0, x - _REACH), min(width, x + _REACH + 1)):
                    if inside[v, u] < 0:
                        near_a = near_a or first[v, u] == a
                        near_b = near_b or first[v, u] == b
            names[0], names[1] = a, b
            if thin or near_a == near_b:
                count = 2
            elif near_b:
                names[0] = b
        tried[p, 0], tried[p, 1], tried[p, 2], tried[p, 3] = best_mixture(
            values[y, x], x, y, names, count, table, noise
        )
        total += tried[p, 3]
        if total >= most:
            break
    return total


@compiled
def _borders(
    first: np.ndarray, pixels: np.ndarray, inside: np.ndarray, tried: np.ndarray
) -> float:  # fmt: skip
    """Return how long the borders between paints are, in a patch and around it."""
    height, width = first.shape
    total = 0.0
    for p in range(len(pixels)):
        y, x = pixels[p] // width, pixels[p] % width
        for k in range(4):
            v, u = y + (k == 0) - (k == 1), x + (k == 2) - (k == 3)
            if not (0 <= v < height and 0 <= u < width):
                continue
            other = inside[v, u]
            if other < 0:
                total += tried[p, 0] != first[v, u]
            else:
                total += 0.5 * (tried[p, 0] != tried[other, 0])
    return total


@compiled
def _put(mixture: Mixture, pixels: np.ndarray, found: np.ndarray) -> None:
    width = mixture.first.shape[1]
    for p in range(len(pixels)):
        y, x = pixels[p] // width, pixels[p] % width
        mixture.first[y, x], mixture.second[y, x] = int(found[p, 0]), int(found[p, 1])
        mixture.share[y, x], mixture.residual[y, x] = found[p, 2], np.sqrt(found[p, 3])


@compiled
def _give_seconds(
    values: np.ndarray, table: PaintTable, noise: float, price: float, mixture: Mixture
) -> None:
    """Do the same for paints that have a share of some pixels and most of none around them."""
    first, second, share, _ = mixture
    height, width = first.shape
    names = np.empty(_AROUND, np.int64)
    pixels = np.empty(height * width, np.int64)
    seen = np.zeros((height, width), np.bool_)
    inside = np.full((height, width), -1, np.int64)
    for j in range(height):
        for i in range(width):
            own = second[j, i]
            if seen[j, i] or own == first[j, i] or share[j, i] > _SEEN:
                continue
            seen[j, i] = True
            pixels[0], size, done, alone = j * width + i, 1, 0, True
            found, outline = 0, 0
            while done < size:
                y, x = pixels[done] // width, pixels[done] % width
                for v in range(max(0, y - 1), min(height, y + 2)):
                    for u in range(max(0, x - 1), min(width, x + 2)):
                        alone = alone and first[v, u] != own
                        found = _named(names, found, first[v, u])
                        part = second[v, u] == own and share[v, u] <= _SEEN
                        if not part and (u == x or v == y):
                            outline += 1
                        if part and not seen[v, u] and first[v, u] != own:
                            seen[v, u] = True
                            pixels[size] = v * width + u
                            size += 1
                done += 1
            if alone:
                best = _explained(values, pixels[:size], names[:found], True, outline, False,
                                  table, noise, price, inside, mixture)  # fmt: skip
                _put(mixture, pixels[: len(best)], best)


@compiled
def _around(
    first: np.ndarray, pixels: np.ndarray, own: int, names: np.ndarray
) -> tuple[int, int]:  # fmt: skip
    """Collect the paints around a patch, and return how many they are and its outline's length.

    Around a small one, also those a little further off: a counter of two pixels shows the ground.
    """
    height, width = first.shape
    found, outline = 0, 0
    for p in range(len(pixels)):
        y, x = pixels[p] // width, pixels[p] % width
        for k in range(4):
            v, u = y + (k == 0) - (k == 1), x + (k == 2) - (k == 3)
            if 0 <= v < height and 0 <= u < width and first[v, u] != own:
                outline += 1
                found = _named(names, found, first[v, u])
    if len(pixels) > _SMALL:
        return found, outline
    for p in range(len(pixels)):
        y, x = pixels[p] // width, pixels[p] % width
        for v, u in ((y - _BEYOND, x), (y + _BEYOND, x), (y, x - _BEYOND), (y, x + _BEYOND)):
            if 0 <= v < height and 0 <= u < width and first[v, u] != own:
                found = _named(names, found, first[v, u])
    return found, outline


@compiled
def _named(names: np.ndarray, found: int, name: int) -> int:
    """Add a name if it is not among the first `found`, and return how many there are."""
    for n in range(found):
        if names[n] == name:
            return found
    if found == len(names):
        return found
    names[found] = name
    return found + 1


@compiled
def _remix(
    values: np.ndarray, pixel: int, gone: int, table: PaintTable, noise: float, mixture: Mixture
) -> None:
    """Mix the pixels around one anew that have a share of a paint which is gone from there."""
    first, second, share, residual = mixture
    height, width = first.shape
    names = np.empty(_AROUND, np.int64)
    cy, cx = pixel // width, pixel % width
    for y in range(max(0, cy - 1), min(height, cy + 2)):
        for x in range(max(0, cx - 1), min(width, cx + 2)):
            if second[y, x] != gone or first[y, x] == gone:
                continue
            found, there = 0, False
            for v in range(max(0, y - _REACH), min(height, y + _REACH + 1)):
                for u in range(max(0, x - _REACH), min(width, x + _REACH + 1)):
                    there = there or first[v, u] == gone
                    found = _named(names, found, first[v, u])
            if there or not found:
                continue
            first[y, x], second[y, x], share[y, x], off = best_mixture(
                values[y, x], x, y, names, found, table, noise
            )
            residual[y, x] = np.sqrt(off)
