"""From an image to its drawing: shapes in painting order, as plain numbers."""

import hashlib
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from .coverage import Mixture
from .elements import elements
from .fields import Field, contours
from .freeing import set_free
from .layers import MARGIN, Layers, allowed, layered, region_field
from .memory import Memory
from .outlines import NONE_FIRM, Outline, correct, fit, straighten
from .paints import OPAQUE, Flat, Paint
from .regions import calmed, find_regions
from .settings import DrawingSettings
from .sharpening import sharpened

_MOST_CORRECTED = 0.4  # px
_CORRECTIONS = 2
_PURE = 0.9  # share of a paint from which a pixel counts as not mixed
_MIXED_SHARE = 0.2  # of the pixels beside edges, that are mixed where there is anti-aliasing
_STEP_SHARE = 0.15  # of the sides between paints, that stairs have as steps at least
_HARD = (1.0, 0.2)  # px, smoothing and tolerance at least, for images without
_NOISY = (0.8, 0.08)  # px; likewise, for compressed ones of which it is not known how they were
_DOUBTED = 2.0  # px, sigma by which shares are softened that tell nothing
_DOUBTED_LESS = 1.3  # px; likewise, where it is known how the image was compressed
_CLEAN = 0.05  # px, the tolerance at which shapes are recognised most strictly

# Settings that a step and those before it do not look at. A new one counts from the beginning.
_AFTER_OUTLINES = ("shapes",)
_AFTER_LINES = (*_AFTER_OUTLINES, "tolerance", "simplicity", "corner_degrees")
_AFTER_REGIONS = (*_AFTER_LINES, "smoothing", "speckle")
_DEFAULT = DrawingSettings()


def draw(
    image: np.ndarray, settings: DrawingSettings, lossy: bool, memory: Memory | None = None
) -> list[dict[str, Any]]:
    """Trace an image.

    Args:
        image: uint8 RGBA [H, W, 4].
        settings: how.
        lossy: whether it was compressed with loss.
        memory: of earlier drawings: a step whose image and settings it knows is not done again.

    Returns:
        elements in painting order, as JSON values: `paint` (see `paint_values`), and one of what
        `elements` returns. In an outline, the first segment is the start; after it, two numbers end
        a line, six make a cubic curve, and four (radius, direction, end) half a circle. In pixels
        of the image, whose top left corner is 0, 0.
    """
    memory = memory or Memory(0)
    about = (hashlib.blake2b(image).digest(), image.shape, lossy)
    key = ("regions", about, _before(settings, *_AFTER_REGIONS))
    found = memory.recall(key, lambda: find_regions(image, settings, lossy))
    regions = calmed(found, settings.speckle)
    if hard_edged(regions.mixture):
        # Whole pixels tell where an outline is to half of one only: stairs are no corners.
        settings = _loosened(settings, *_HARD)
    elif regions.noisy and not regions.agreed:
        settings = _loosened(settings, *_NOISY)
    layers = layered(regions)
    height, width = regions.mixture.first.shape
    shapes = []
    for place, index in enumerate(layers.order):
        paint = paint_values(regions.paints[index])
        key = ("lines", about, place, _before(settings, *_AFTER_LINES))
        field, lines = memory.recall(key, lambda p=place: _lines(layers, p, settings))
        if _fills_all(field, width, height):
            shapes.append({"paint": paint, "rectangle": [0, 0, width, height, 0, 0]})
            continue
        key = ("outlines", about, place, _before(settings, *_AFTER_OUTLINES))
        found = memory.recall(
            key, lambda f=field, ls=lines: _outlines(f, ls, settings, regions.noisy)
        )
        drawn = _elements(layers, place, field, found, settings)
        shapes += [{"paint": paint} | element for element in drawn]
    return shapes


def _loosened(settings: DrawingSettings, smoothing: float, tolerance: float) -> DrawingSettings:
    """Return settings with smoothing and tolerance of so much at least."""
    return replace(
        settings,
        smoothing=max(settings.smoothing, smoothing),
        tolerance=max(settings.tolerance, tolerance),
    )


def _before(settings: DrawingSettings, *later: str) -> DrawingSettings:
    """Return settings with those that only later steps look at as they are by default."""
    return replace(settings, **{name: getattr(_DEFAULT, name) for name in later})


def hard_edged(mixture: Mixture) -> bool:
    """Return whether outlines are stairs of whole pixels, as without anti-aliasing.

    Upright rectangles have no mixed pixels either, but hardly any steps.
    """
    labels = mixture.first
    across = labels[:, 1:] != labels[:, :-1]
    down = labels[1:] != labels[:-1]
    beside = across.sum() + down.sum()
    # One step: three of two by two pixels are alike.
    steps = (across[1:] ^ across[:-1]) & (down[:, 1:] ^ down[:, :-1])
    mixed = (mixture.share < _PURE) & (mixture.first != mixture.second)
    return bool(mixed.sum() < _MIXED_SHARE * beside and steps.sum() > _STEP_SHARE * beside)


def paint_values(paint: Paint) -> dict[str, Any]:
    """Return a paint as JSON values; points lie as those of outlines do."""
    if isinstance(paint, Flat):
        colour, opacity = _visible(paint.colour)
        return {"colour": colour, "opacity": opacity}
    visible = [_visible(colour) for colour in paint.colours]
    values = {
        "offsets": [round(float(offset), 4) for offset in paint.offsets],
        "colours": [colour for colour, _ in visible],
        "opacities": [opacity for _, opacity in visible],
    }
    a, b, c, d, e, f = paint.geometry
    if paint.radial:
        inverse = np.linalg.inv([[a, b], [d, e]])
        # Pixels are counted from their centres where paints are fitted.
        centre = -inverse @ [c, f] + 0.5
        return values | {"matrix": [*map(float, inverse.T.ravel()), *map(float, centre)]}
    square = a * a + b * b
    start = np.array([a, b]) * (-c / square) + 0.5
    # The foot may lie anywhere along the stripes: one near the origin is as good as any.
    return values | {
        "start": [float(v) for v in start],
        "end": [float(v) for v in start + np.array([a, b]) / square],
    }


def _visible(colour: np.ndarray) -> tuple[list[int], float]:
    """Return a premultiplied colour as it is seen alone, and its opacity, 0 to 1."""
    opacity = float(colour[3]) / 255
    seen = [min(255, max(0, round(float(v) / max(opacity, 1e-3)))) for v in colour[:3]]
    return seen, round(opacity, 3) if opacity < OPAQUE else 1.0


def _lines(layers: Layers, place: int, settings: DrawingSettings) -> tuple[Field, list[np.ndarray]]:
    """Return what the paint at a place in the painting order covers, and its contours."""
    field = region_field(layers, place)
    height, width = layers.labels.shape
    whole = _fills_all(field, width, height)
    doubted = _DOUBTED_LESS if layers.regions.agreed else _DOUBTED
    return field, [] if whole else contours(field, settings.smoothing, doubted)


def _fills_all(field: Field, width: int, height: int) -> bool:
    whole = field.share.shape == (height + 2 * MARGIN, width + 2 * MARGIN)
    return whole and bool((field.share[MARGIN:-MARGIN, MARGIN:-MARGIN] > 0.5).all())


def _outlines(
    field: Field, lines: list[np.ndarray], settings: DrawingSettings, noisy: bool
) -> list[Outline]:
    sharp = sharpened(lines, field, noisy)
    fitted = [_fitted(line, field, settings, corners) for line, corners in sharp]
    found = [outline for outline in fitted if outline is not None]
    _corrected(found, field)
    return found


def _fitted(
    line: np.ndarray, field: Field, settings: DrawingSettings, firm: np.ndarray = NONE_FIRM
) -> Outline | None:
    least_bend = np.radians(settings.corner_degrees)
    return fit(line, field, settings.tolerance, settings.simplicity, least_bend, firm)


def _corrected(outlines: list[Outline], field: Field) -> None:
    for _ in range(_CORRECTIONS):
        correct(outlines, field, _MOST_CORRECTED)
    straighten(outlines)


def _elements(
    layers: Layers, place: int, field: Field, found: list[Outline], settings: DrawingSettings
) -> list[dict[str, Any]]:
    """Return what draws the outlines of the paint at a place in the painting order."""
    # Elements are made of the outlines by moving their nodes.
    outlines = [replace(outline, node=outline.node.copy()) for outline in found]
    discs = []
    # What is partly clear looks darker where parts of it lie over one another.
    if settings.shapes and layers.solid[layers.order[place]]:
        outlines, discs, field = set_free(
            outlines, field, lambda line, less: _fitted(line, less, settings), _corrected
        )
    height, width = layers.labels.shape
    slack = settings.tolerance / _CLEAN
    beneath = cache(lambda: allowed(layers, place))
    return elements(outlines, discs, field, beneath, (width, height), settings.shapes, slack)
