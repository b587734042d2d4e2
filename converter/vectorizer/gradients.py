"""Finding the parts of an image that gradients explain."""

import cv2
import numpy as np

from .colours import highest
from .compiled import compiled
from .coverage import CLEAR
from .gradient_fits import colour_at, fit_gradient, misfit
from .merging import smooth_parts
from .paints import Gradient, Paint
from .settings import DrawingSettings
from .uniting import united, with_ends

_BENT = 5.0  # levels by which a smooth pixel may differ from the mean of its neighbours
_FLAT = 0.5  # noises of spread up to which a part counts as one colour
_TONED = 0.5  # levels by which the neighbourhood of a pixel varies where it is not flat
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
_SEAM = 2.0  # levels by which a pixel beside a gradient that is settled may differ from it


def find_gradients(
    values: np.ndarray, spread: np.ndarray, plain: np.ndarray, cores: np.ndarray, known: int,
    settings: DrawingSettings,
) -> list[Paint]:  # fmt: skip
    """Label the smooth parts that gradients explain; return the gradients.

    Args:
        values: float32 [H, W, 4], premultiplied.
        spread: float32 [H, W], by how many levels each pixel's neighbourhood varies.
        plain: bool [H, W], where that is hardly at all.
        cores: int16 [H, W], labels; changed where a gradient is found.
        known: number of the first gradient.
        settings: how far a gradient may be off.
    """
    smooth = _smooth(values) & (cores == CLEAR)
    least = max(_LEAST_PIXELS, _LEAST_SHARE * smooth.size)
    if np.count_nonzero(smooth & (spread > _TONED)) < least:
        return []  # what is smooth is flat
    paints: list[Gradient] = []
    parts = smooth_parts(values, smooth, max(8.0, settings.noise), settings.noise**2)
    _explain_all(values, parts, cores, known, paints, settings, least)
    left = united(values, cores, known, paints, settings.noise)
    left = with_ends(values, parts, cores, known, left, settings.noise)
    for index, paint in enumerate(left):
        _grow(values, cores, known + index, paint, _SEAM)
        _recognise(values, plain, cores, known + index, paint, max(_SEAM, settings.noise / 2))
    return list(left)


def _explain_all(
    values: np.ndarray, parts: np.ndarray, cores: np.ndarray, known: int, paints: list[Gradient],
    settings: DrawingSettings, least: float,
) -> None:  # fmt: skip
    """Label parts of so many pixels at least, the largest first, with what explains them."""
    boxes = _boxes(parts, int(parts.max()) + 1)
    largest = 1 + np.argsort(-boxes[1:, 4], kind="stable")
    for part in largest[:_MOST_TRIED]:
        left, top, right, bottom, area = boxes[part]
        if area < least or len(paints) >= _MOST_GRADIENTS:
            break
        box = np.s_[top:bottom, left:right]
        mask = (parts[box] == part) & (cores[box] == CLEAR)
        before = len(paints)
        pieces = _PIECES if area >= _PIECED_SHARE * parts.size else 0
        _explain(values[box], mask, (left, top), cores[box], known, paints, settings, pieces)
        for index in range(before, len(paints)):
            most = max(_EXPLAINED * settings.noise, settings.gradient_error / 2)
            _grow(values, cores, known + index, paints[index], most)


@compiled
def _boxes(parts: np.ndarray, count: int) -> np.ndarray:
    """Return left, top, right, bottom and area of each part: int64 [count, 5]."""
    height, width = parts.shape
    boxes = np.zeros((count, 5), np.int64)
    boxes[:, 0], boxes[:, 1] = width, height
    for y in range(height):
        for x in range(width):
            box = boxes[parts[y, x]]
            box[0], box[1] = min(box[0], x), min(box[1], y)
            box[2], box[3] = max(box[2], x + 1), max(box[3], y + 1)
            box[4] += 1
    return boxes


def _grow(values: np.ndarray, cores: np.ndarray, label: int, paint: Gradient, most: float) -> None:
    """Give a gradient the pixels beside its own that it explains: up to edges, across seams.

    Args:
        most: levels by which a pixel may differ, in any channel.
    """
    _flood(values, cores, label, paint.radial, paint.geometry, paint.offsets, paint.colours, most)


@compiled
def _flood(
    values: np.ndarray, cores: np.ndarray, label: int, radial: bool, geometry: np.ndarray,
    offsets: np.ndarray, stops: np.ndarray, most: float,
) -> None:  # fmt: skip
    height, width = cores.shape
    pixels = np.empty(height * width, np.int64)
    tried = np.zeros((height, width), np.bool_)
    colour = np.empty(4, np.float32)
    size = 0
    for y in range(height):
        for x in range(width):
            if cores[y, x] == label:
                pixels[size] = y * width + x
                size += 1
    done = 0
    while done < size:
        y, x = pixels[done] // width, pixels[done] % width
        done += 1
        for k in range(4):
            v, u = y + (k == 0) - (k == 1), x + (k == 2) - (k == 3)
            if not (0 <= v < height and 0 <= u < width) or tried[v, u] or cores[v, u] != CLEAR:
                continue
            tried[v, u] = True
            colour_at(radial, geometry, offsets, stops, float(u), float(v), colour)
            off = np.float32(0)
            for c in range(4):
                off = max(off, abs(colour[c] - values[v, u, c]))
            if off < most:
                cores[v, u] = label
                pixels[size] = v * width + u
                size += 1


def _recognise(
    values: np.ndarray, plain: np.ndarray, cores: np.ndarray, label: int, paint: Gradient,
    most: float,
) -> None:  # fmt: skip
    """Give a gradient the plain pixels elsewhere that have the colour it has there.

    Where it keeps the colour of its end, others may have that as well.
    """
    y, x = np.nonzero(plain & (cores == CLEAR))
    t = paint.along(x, y)
    alike = np.abs(paint.at(x, y) - values[y, x]).max(axis=1) < most
    alike &= (t > paint.offsets[0]) & (t < paint.offsets[-1])
    cores[y[alike], x[alike]] = label


def _smooth(values: np.ndarray) -> np.ndarray:
    """Return bool [H, W]: True where a pixel lies between its neighbours, as on a slope."""
    around = cv2.blur(values, (3, 3), borderType=cv2.BORDER_REPLICATE)
    bent = highest(cv2.absdiff(values, around))
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
