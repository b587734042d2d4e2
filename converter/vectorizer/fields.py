"""What paints cover of each pixel, and its contours at one half."""

from dataclasses import dataclass

import cv2
import numpy as np

from .levels import level_coverage, level_lines
from .raster import coverage

_LOST = 0.12  # mean share, around a pixel, that contours must not miss
# What is missed is added in steps that shrink: thin lines appear all at once, and too wide.
_RAISES = (1.0, 0.5, 0.5, 0.35, 0.25, 0.15)
_FILTERED = 4  # px over which raising a field changes it


@dataclass(frozen=True)
class Field:
    """What one paint and all painted over it cover, in a part of the image.

    Attributes:
        share: float32 [h, w], 0 to 1, as far as it is drawn.
        own: float32 [h, w], what the paint itself covers.
        allowed: float32 [h, w], what it may cover without looking out from what is over it.
        hidden: bool [h, w], True where nothing of the paint itself shows.
        doubt: float32 [h, w], 0 to 1, how little the shares tell because of noise.
        left, top: of the part, px.
    """

    share: np.ndarray
    own: np.ndarray
    allowed: np.ndarray
    hidden: np.ndarray
    doubt: np.ndarray
    left: int
    top: int

    def part(self, rows: slice, columns: slice) -> "Field":
        """Return a part of it."""
        arrays = (self.share, self.own, self.allowed, self.hidden, self.doubt)
        left, top = self.left + (columns.start or 0), self.top + (rows.start or 0)
        return Field(*(array[rows, columns] for array in arrays), left, top)

    @property
    def weight(self) -> np.ndarray:
        """What a difference counts in each pixel: nothing where it is hidden, float [h, w]."""
        return np.where(self.hidden, 0, 1 - self.doubt)

    def covered(self, lines: list[np.ndarray]) -> np.ndarray:
        """Return what closed lines, complex [N], cover of each pixel: float32 [h, w]."""
        shift = complex(self.left, self.top)
        return coverage([line - shift for line in lines], *self.share.shape)


def contours(field: Field, soften: float, doubted: float) -> list[np.ndarray]:
    """Return the contours at one half of a field, complex [N] each, in px.

    Args:
        field: what is covered.
        soften: sigma by which it is softened, px.
        doubted: likewise, where its shares tell nothing.

    Softening takes away what is thinner than a pixel and rounds what is small. Where contours cover
    clearly more or less than the field says, it is raised or lowered, at twice the resolution,
    until they do not.
    """
    soft = cv2.GaussianBlur(field.share, (0, 0), soften)
    if field.doubt.any():
        soft += field.doubt * (cv2.GaussianBlur(field.share, (0, 0), doubted) - soft)
    fineness = 1
    gap = _gap(field, soft, fineness)
    wrong = cv2.blur(np.abs(gap), (3, 3)) > _LOST
    if wrong.any():
        soft, fineness = _raised(field, soft, gap, wrong), 2
    shift = complex(field.left, field.top)
    return [line + shift for line in level_lines(soft, fineness)]


def _raised(field: Field, soft: np.ndarray, gap: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Return a softened field at twice the resolution, changed where its contours are wrong.

    Args:
        field: what they should cover.
        soft: the field, softened.
        gap: see `_gap`.
        wrong: bool [h, w].
    """
    height, width = soft.shape
    # Shares belong to areas: a pixel's four quarters lie around its centre.
    fine = cv2.resize(soft, (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC)
    mask = cv2.dilate(wrong.astype(np.uint8), np.ones((7, 7), np.uint8))
    x, y, w, h = cv2.boundingRect(mask)
    # Nothing changes further from what is wrong than the filters reach.
    left, top = max(0, x - _FILTERED), max(0, y - _FILTERED)
    right, bottom = min(width, x + w + _FILTERED), min(height, y + h + _FILTERED)
    box = np.s_[top:bottom, left:right]
    mask, gap = mask[box], gap[box]
    part = field.part(*box)
    inside = fine[2 * top : 2 * bottom, 2 * left : 2 * right]
    best, least = inside.copy(), np.inf
    for step in _RAISES:
        change = cv2.resize(gap * mask, inside.shape[::-1], interpolation=cv2.INTER_LINEAR)
        inside += step * cv2.GaussianBlur(change, (0, 0), 0.8)
        gap = _gap(part, inside, 2)
        missed = float(np.abs(gap * mask).sum())
        if missed < least:
            best, least = inside.copy(), missed
    inside[:] = best
    return fine


def _gap(field: Field, values: np.ndarray, fineness: int) -> np.ndarray:
    """Return by how much a field says more than contours cover, 0 where nothing shows.

    Args:
        field: what it says.
        values: whose contours they are.
        fineness: how many values there are to a pixel.
    """
    gap = field.share - level_coverage(values, fineness)
    gap[field.hidden] = 0
    return gap * (1 - field.doubt)
