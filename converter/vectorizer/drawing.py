"""From an image to its drawing: shapes in painting order, as plain numbers."""

from typing import Any

import cv2
import numpy as np
from contourpy import LineType, contour_generator

from .curves import Segment, fit_outline
from .layers import CLEAR, painting_order, region_field
from .paints import Flat, Paint
from .regions import find_regions
from .settings import CurveSettings

_OPAQUE = 128  # alpha from which a pixel counts as ink
_MIN_POINTS = 6  # shorter outlines are nothing
_ARM_PER_BLUR = 4.0  # a corner's sides are straight only beyond what the blur rounds off


def draw(image: np.ndarray, settings: CurveSettings, scale: float) -> list[dict[str, Any]]:
    """Trace an image.

    Args:
        image: uint8 RGBA [H, W, 4].
        settings: how.
        scale: pixels of this image to one of the upload.

    Returns:
        shapes in painting order, as JSON values: `paint` (see `paint_values`), and `outlines`, each
        a list of x, y sequences: the start, then each segment (one point ends a line; three points
        make a cubic curve). In pixels of the image, whose top left corner is 0, 0.
    """
    ink = image[..., 3] >= _OPAQUE
    regions = find_regions(image[..., :3], ink, settings, scale)
    order = painting_order(regions.labels, len(regions.paints))
    rank_of = np.full(len(regions.paints) + 1, CLEAR, np.int32)
    rank_of[order] = np.arange(len(order))
    ranks = rank_of[regions.labels]
    shapes = []
    for rank, label in enumerate(order):
        outlines = _outlines(ranks, rank, settings, scale)
        if outlines:
            shapes.append({"paint": paint_values(regions.paints[label]), "outlines": outlines})
    return shapes


def paint_values(paint: Paint) -> dict[str, Any]:
    """Return a paint as JSON values; points lie as those of outlines do."""
    if isinstance(paint, Flat):
        return {"colour": [round(float(value)) for value in paint.colour]}
    return {
        # Pixels are counted from their centres where paints are fitted.
        "start": [value + 0.5 for value in paint.start],
        "end": [value + 0.5 for value in paint.end] if paint.end else None,
        "radius": paint.radius,
        "offsets": [float(offset) for offset in paint.offsets],
        "colours": [[round(float(value)) for value in colour] for colour in paint.colours],
    }


def _outlines(
    ranks: np.ndarray, rank: int, settings: CurveSettings, scale: float
) -> list[list[list[float]]]:
    x, y, width, height = cv2.boundingRect((ranks == rank).astype(np.uint8))
    box = (x, y, x + width, y + height)
    field, (left, top) = region_field(ranks, rank, box, settings.outline_blur)
    arm = max(settings.corner_arm * scale, _ARM_PER_BLUR * settings.outline_blur)
    found = []
    for line in contour_generator(z=field, line_type=LineType.Separate).lines(0.5):
        if len(line) < _MIN_POINTS:
            continue
        points = (line[:-1, 0] + left + 0.5) + 1j * (line[:-1, 1] + top + 0.5)
        start, segments = fit_outline(
            points, settings.tolerance * scale, settings.corner_degrees, arm
        )
        found.append([_numbers((start,)), *[_numbers(segment) for segment in segments]])
    return found


def _numbers(points: Segment) -> list[float]:
    return [round(value, 2) for point in points for value in (point.real, point.imag)]
