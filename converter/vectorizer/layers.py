"""What each paint covers, in painting order: what is painted later lies over what came before."""

from dataclasses import dataclass

import cv2
import numpy as np

from .compiled import compiled
from .coverage import Mixture, share_of
from .fields import Field
from .paints import OPAQUE, Flat
from .regions import Regions

MARGIN = 3  # px of nothing around a region
_UNDER = 3  # px that a region goes on under those painted later: no ground shines through
_PART = 0.35  # of a pixel, from which it counts as one of a paint's


@dataclass(frozen=True)
class Layers:
    """Regions in painting order: what most of the image's border is, then what has most pixels.

    Attributes:
        regions: as they were found.
        order: int64 [K], indices of the paints that occur and show.
        labels, seconds: int32 [H, W], the place in that order of a pixel's first and second paint,
            -1 for paints that are not in it.
        solid: bool [P], by paint, whether it hides what lies under it.
        boxes: int64 [K, 4], left, top, right and bottom of what is each paint's.
    """

    regions: Regions
    order: np.ndarray
    labels: np.ndarray
    seconds: np.ndarray
    solid: np.ndarray
    boxes: np.ndarray


def layered(regions: Regions) -> Layers:
    """Put regions into painting order: what is all around first, then by area."""
    mixture, paints = regions.mixture, regions.paints
    areas = np.bincount(mixture.first.ravel(), minlength=len(paints))
    around = _most_of(_rim(mixture.first))
    opacities = np.array([paint.opacity for paint in paints])
    shows = np.array([not isinstance(paint, Flat) for paint in paints]) | (opacities > 0.02)
    order = np.lexsort((-areas, np.arange(len(paints)) != around))
    order = order[(areas[order] > 0) & shows[order]]
    rank = np.full(len(paints), -1, np.int32)
    rank[order] = np.arange(len(order))
    labels, seconds = rank[mixture.first], rank[mixture.second]
    boxes = _boxes(labels, seconds, mixture.share, len(order))
    return Layers(regions, order, labels, seconds, opacities > OPAQUE, boxes)


def _rim(labels: np.ndarray) -> np.ndarray:
    return np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])


def _most_of(labels: np.ndarray) -> int:
    """Return what more than half of labels are, -1 if nothing is."""
    counts = np.bincount(labels)
    most = int(np.argmax(counts))
    return most if 2 * counts[most] > len(labels) else -1


@compiled
def _boxes(labels: np.ndarray, seconds: np.ndarray, share: np.ndarray, count: int) -> np.ndarray:
    height, width = labels.shape
    boxes = np.empty((count, 4), np.int64)
    boxes[:, 0], boxes[:, 1], boxes[:, 2:] = width, height, 0
    for y in range(height):
        for x in range(width):
            for k in range(2 if share[y, x] < 1 - _PART else 1):
                place = seconds[y, x] if k else labels[y, x]
                if place >= 0:
                    box = boxes[place]
                    box[0], box[1] = min(box[0], x), min(box[1], y)
                    box[2], box[3] = max(box[2], x + 1), max(box[3], y + 1)
    return boxes


def region_field(layers: Layers, place: int) -> Field:
    """Return what the paint at a place in the painting order, and those over it, cover."""
    height, width = layers.labels.shape
    x, y, end_x, end_y = layers.boxes[place]
    reach = _UNDER + 2
    top, bottom = max(0, y - reach), min(height, end_y + reach)
    left, right = max(0, x - reach), min(width, end_x + reach)
    box = np.s_[top:bottom, left:right]
    cut = Mixture(*(values[box] for values in layers.regions.mixture))
    labels, solid = layers.labels[box], layers.solid
    # Between two rows of pixels, a thin line covers most of neither.
    half = (layers.seconds[box] == place) & (cut.share < 1 - _PART)
    own = ((labels == place) | half).astype(np.uint8)
    later = np.zeros(labels.shape, bool)
    if solid[layers.order[place]]:
        later = (labels > place) & solid[cut.first]
    inner = (top > 0, bottom < height, left > 0, right < width)
    mask = _with_under(own, later, layers.regions.noisy, inner) if later.any() else own
    itself = share_of(cut.first, cut.second, cut.share, _at(layers, place))
    most = allowed(layers, place, cut)
    share = most * cv2.dilate(mask, np.ones((3, 3), np.uint8))
    shows = cv2.dilate((itself > 0.05).astype(np.uint8), np.ones((5, 5), np.uint8))
    framed = (_framed(values) for values in (share, itself, most))
    hidden = _framed(shows, cv2.BORDER_REPLICATE) == 0
    doubt = _framed(layers.regions.doubt[box])
    return Field(*framed, hidden, doubt, left - MARGIN, top - MARGIN)


def _with_under(
    own: np.ndarray, later: np.ndarray, noisy: bool, inner: tuple[bool, ...]
) -> np.ndarray:
    """Return uint8 [h, w]: 1 for a paint's own pixels, and where it goes on under later ones.

    `inner` is as for `fill_under`.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _UNDER + 1, 2 * _UNDER + 1))
    under = later & (cv2.dilate(own, kernel) > 0)
    if noisy:
        # Outlines are loose: what goes as far as something thin ends would look out there.
        cover = later.astype(np.uint8)
        covered = cv2.erode(own | cover, np.ones((5, 5), np.uint8))
        covered |= cv2.morphologyEx(cover, cv2.MORPH_OPEN, kernel)
        under &= covered > 0
    mask = own.copy()
    mask[under] = 1
    fill_under(mask, later, inner)
    return mask


def _framed(values: np.ndarray, border: int = cv2.BORDER_CONSTANT) -> np.ndarray:
    """Return values with a margin around them, of nothing or of what another border means."""
    return cv2.copyMakeBorder(values, MARGIN, MARGIN, MARGIN, MARGIN, border)


def allowed(layers: Layers, place: int, part: Mixture | None = None) -> np.ndarray:
    """Return how much of each pixel a paint may cover and not look out: float32 [h, w].

    That is what it covers itself, and what is painted over it and lets nothing shine through.

    Args:
        layers: the paints.
        place: of the paint, in the painting order.
        part: of the image; without, all of it.
    """
    paints = _at(layers, place)
    if layers.solid[layers.order[place]]:
        later = layers.order[place + 1 :]
        paints[later] = layers.solid[later]
    first, second, share, _ = part or layers.regions.mixture
    return share_of(first, second, share, paints)


def _at(layers: Layers, place: int) -> np.ndarray:
    """Return which paint is at a place in the painting order: bool [P]."""
    paints = np.zeros(len(layers.solid), bool)
    paints[layers.order[place]] = True
    return paints


def fill_under(mask: np.ndarray, later: np.ndarray, inner: tuple[bool, ...]) -> None:
    """Fill the gaps of uint8 [h, w] in which only what is painted later lies.

    Args:
        mask: changed in place.
        later: bool [h, w].
        inner: whether the top, bottom, left and right side lie inside the image: what reaches one
            of those goes on.
    """
    count, gaps, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    filled = _all_in(gaps, later, count)
    if not filled.any():
        return
    height, width = mask.shape
    x, y, w, h = (stats[:, k] for k in range(4))
    for reaches, side in zip((y == 0, y + h == height, x == 0, x + w == width), inner, strict=True):
        if side:
            filled &= ~reaches
    if filled.any():
        mask[filled[gaps]] = 1


@compiled
def _all_in(parts: np.ndarray, mask: np.ndarray, count: int) -> np.ndarray:
    """Return which of so many parts, but the first, lie in a mask as a whole: bool [count]."""
    inside = np.ones(count, np.bool_)
    inside[0] = False
    height, width = parts.shape
    for y in range(height):
        for x in range(width):
            if not mask[y, x]:
                inside[parts[y, x]] = False
    return inside
