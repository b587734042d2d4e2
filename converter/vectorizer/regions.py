"""Dividing a logo into regions, each of which one paint fills."""

from dataclasses import dataclass

import cv2
import numpy as np

from .layers import CLEAR
from .paints import Flat, Gradient, Paint, fit_gradient, misfit
from .palette import main_colours
from .settings import CurveSettings

_INTERIOR_RANGE = 12  # a pixel is inside a region if its neighbourhood varies less than this
_REACH = 9  # side, in pixels, of the neighbourhood from which an edge pixel takes its region
_TONED_SHARE = 0.3  # of a part's pixels differ from its main colour where it is no flat part
_GRADIENT_SHARE = 0.002  # of the image: a smaller part is not worth a gradient


@dataclass(frozen=True)
class Regions:
    """An image as painted regions.

    Attributes:
        labels: int32 [H, W], index of the paint; CLEAR where nothing is painted.
        paints: one for each region.
    """

    labels: np.ndarray
    paints: list[Paint]


def find_regions(
    pixels: np.ndarray, ink: np.ndarray, settings: CurveSettings, scale: float
) -> Regions:
    """Divide an image into regions.

    Args:
        pixels: uint8 [H, W, 3].
        ink: bool [H, W], False where the image is clear.
        settings: how.
        scale: pixels of this image to one of the upload.
    """
    inside = _interior(pixels, ink)
    labels = np.full(ink.shape, CLEAR, np.int32)
    paints: list[Paint] = []
    if settings.gradient_error:
        paints = _find_gradients(pixels, inside, labels, settings)
    rest = inside & (labels == CLEAR)
    palette = main_colours(pixels[rest], settings.flat_colours, settings.merge_distance)
    if len(palette):
        labels[rest] = _nearest(pixels[rest], palette) + len(paints)
        paints += [Flat(_snapped(colour, settings.snap)) for colour in palette]
    if not paints and ink.any():
        paints = [Flat(np.median(pixels[ink], axis=0))]
    _assign_edges(pixels, ink, labels, paints)
    _absorb(labels, ink, (settings.patch_side * scale) ** 2)
    return Regions(labels, paints)


def _snapped(colour: np.ndarray, reach: int) -> np.ndarray:
    """Make what is almost black or white in a channel exactly so: noise moved it."""
    colour = np.where(colour <= reach, 0, colour)
    return np.where(colour >= 255 - reach, 255, colour)


def _interior(pixels: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Return bool [H, W]: True where the ink of the 3 x 3 neighbourhood hardly varies."""
    kernel = np.ones((3, 3), np.uint8)
    clear = ~ink[..., None]
    highest = cv2.dilate(np.where(clear, np.uint8(0), pixels), kernel)
    lowest = cv2.erode(np.where(clear, np.uint8(255), pixels), kernel)
    return ink & (cv2.subtract(highest, lowest).max(axis=2) <= _INTERIOR_RANGE)


def _find_gradients(
    pixels: np.ndarray,
    inside: np.ndarray,
    labels: np.ndarray,
    settings: CurveSettings,
) -> list[Paint]:
    """Label the smooth parts that a gradient fits; return the gradients."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=4)
    paints: list[Paint] = []
    least = _GRADIENT_SHARE * inside.size
    for part in 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable"):
        left, top, width, height, area = stats[part]
        if area < least:
            break
        box = np.s_[top : top + height, left : left + width]
        mask = parts[box] == part
        y, x = np.nonzero(mask)
        colours = pixels[box][y, x].astype(np.float32)
        limit = _gradient_limit(colours, settings)
        if not limit:
            continue
        index = _index_of_fit(paints, x + float(left), y + float(top), colours, limit)
        if index is not None:
            labels[box][mask] = index
    return paints


def _gradient_limit(colours: np.ndarray, settings: CurveSettings) -> float:
    """Return how far from colours [N, 3] a gradient may be; 0 where they are one colour."""
    spread = np.linalg.norm(colours - np.median(colours, axis=0), axis=1)
    if (spread > settings.flat_error).mean() < _TONED_SHARE:
        return 0.0
    # A gradient has to explain most of what varies: noise is better made flat.
    return min(settings.gradient_error, float(np.sqrt((spread**2).mean())) / 2)


def _index_of_fit(
    paints: list[Paint], x: np.ndarray, y: np.ndarray, colours: np.ndarray, limit: float
) -> int | None:
    """Return the index of a gradient that fits the pixels, a new one if it must be."""
    for index, paint in enumerate(paints):
        if misfit(paint, x, y, colours) <= limit:
            return index
    found: Gradient | None = fit_gradient(x, y, colours, limit)
    if found is None:
        return None
    paints.append(found)
    return len(paints) - 1


def _nearest(pixels: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Return the index of the nearest colour of [K, 3] for each pixel [N, 3]."""
    best = np.full(len(pixels), np.inf, np.float32)
    index = np.zeros(len(pixels), np.int32)
    values = pixels.astype(np.float32)
    for number, colour in enumerate(palette):
        distance = ((values - colour.astype(np.float32)) ** 2).sum(axis=1)
        closer = distance < best
        best[closer], index[closer] = distance[closer], number
    return index


def _assign_edges(
    pixels: np.ndarray, ink: np.ndarray, labels: np.ndarray, paints: list[Paint]
) -> None:
    """Give each pixel on a soft edge to one of the regions that meet there, the likest.

    A colour that happens to lie between the two would otherwise become a sliver of its own.
    """
    open_ = ink & (labels == CLEAR)
    local = np.full(ink.shape, np.inf, np.float32)
    anywhere = np.full(ink.shape, np.inf, np.float32)
    nearby, likest = np.full(ink.shape, CLEAR, np.int32), np.zeros(ink.shape, np.int32)
    ys, xs = np.nonzero(open_)
    values = pixels[ys, xs].astype(np.float32)
    kernel = np.ones((_REACH, _REACH), np.uint8)
    for index, paint in enumerate(paints):
        distance = ((values - paint.at(xs, ys)) ** 2).sum(axis=1)
        reached = cv2.dilate((labels == index).astype(np.uint8), kernel)[ys, xs] > 0
        for best, names, within in ((local, nearby, reached), (anywhere, likest, True)):
            closer = (distance < best[ys, xs]) & within
            best[ys[closer], xs[closer]] = distance[closer]
            names[ys[closer], xs[closer]] = index
    labels[open_] = np.where(nearby[open_] == CLEAR, likest[open_], nearby[open_])


def _absorb(labels: np.ndarray, ink: np.ndarray, min_area: float) -> None:
    """Give patches of fewer than `min_area` pixels to the regions beside them."""
    small = np.zeros(labels.shape, bool)
    for label in np.unique(labels[ink]):
        _, parts, stats, _ = cv2.connectedComponentsWithStats(
            (labels == label).astype(np.uint8), connectivity=8
        )
        tiny = stats[:, cv2.CC_STAT_AREA] < min_area
        tiny[0] = False
        small |= tiny[parts]
    kept = ink & ~small
    if not small.any() or not kept.any():
        return
    _, zones = cv2.distanceTransformWithLabels(
        (~kept).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    owners = np.zeros(zones.max() + 1, np.int32)
    owners[zones[kept]] = labels[kept]
    labels[small] = owners[zones[small]]
