"""What a logo's type depends on, measured on its render: colours, regions, gradient share."""

from dataclasses import asdict, dataclass

import cv2
import numpy as np

from classifier.data.gradients import has_blur
from classifier.data.rendering import render_flat

VERSION = 3  # raised when a measure changes, so that cached ones are taken anew

VISIBLE_DIFFERENCE = 24  # of 255, in one channel
SAME_COLOUR = 11.0  # CIE76 difference under which two colours are one
MIN_COLOUR_SHARE = 0.01  # of the ink
MIN_REGION_PIXELS = 12


@dataclass(frozen=True)
class Measures:
    """Measures of one logo at 256 px. Shares run from 0 to 1."""

    gradient_share: float  # of the ink
    blur: bool
    colours: int
    regions: int
    fill: float  # share of its bounding box that the ink covers
    aspect: float  # width by height of the ink's bounding box
    tile: bool  # the ink stands on a filled background of its own

    def to_json(self) -> dict[str, float | int | bool]:
        return asdict(self)


def measure(svg: str, image: np.ndarray) -> Measures:
    """Measure a logo from its SVG text and its render, uint8 RGBA [height, width, 4]."""
    flattened = render_flat(svg)
    flat = image if flattened is None else flattened
    ink = image[..., 3] > 128
    top, bottom, left, right = bounds(ink)
    colour_map, colours = _colour_map(flat)
    box = ink[top:bottom, left:right]
    return Measures(
        gradient_share=round(_gradient_share(image, flat), 4),
        blur=has_blur(svg),
        colours=colours,
        regions=_regions(colour_map, colours),
        fill=round(float(box.mean()), 4),
        aspect=round((right - left) / (bottom - top), 3),
        tile=bool(box.mean() > 0.75 and _is_tile(colour_map[top:bottom, left:right])),
    )


def bounds(mask: np.ndarray) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of the true part of a mask that has one."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _gradient_share(image: np.ndarray, flat: np.ndarray) -> float:
    """Share of the inked pixels that change visibly when gradients become flat."""
    if image is flat:
        return 0.0
    ink = image[..., 3] > 32
    # Over grey, a change of opacity is a change of colour.
    differences = np.abs(_over(image, 128.0) - _over(flat, 128.0)).max(axis=2)
    return float((differences[ink] > VISIBLE_DIFFERENCE).mean())


def _over(image: np.ndarray, grey: float) -> np.ndarray:
    alpha = image[..., 3:].astype(np.float32) / 255
    return image[..., :3] * alpha + grey * (1 - alpha)


def _colour_map(image: np.ndarray) -> tuple[np.ndarray, int]:
    """Give each interior pixel the number of its colour, from 1; 0 is no ink or an edge."""
    rgb, opaque = image[..., :3], image[..., 3] > 200
    interior = opaque & _even(image)
    if interior.sum() < 20:
        interior = opaque  # thin strokes are all edge
    total = int(interior.sum())
    colour_map = np.zeros(opaque.shape, np.int32)
    if not total:
        return colour_map, 0
    codes = rgb[interior].astype(np.int32) @ np.array([65536, 256, 1], np.int32)
    codes, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    values = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    lab = cv2.cvtColor(values[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    centre_of = _merge(lab, counts)
    sizes = np.bincount(centre_of, weights=counts)
    kept = np.flatnonzero(sizes >= max(MIN_COLOUR_SHARE * total, 6))
    number = np.zeros(len(sizes), np.int32)
    number[kept] = np.arange(1, len(kept) + 1)
    colour_map[interior] = number[centre_of[inverse.ravel()]]
    return colour_map, len(kept)


def _merge(lab: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Assign each colour to the commonest colour that looks the same."""
    centre_of = np.full(len(lab), -1)
    centres = 0
    for i in np.argsort(-counts, kind="stable"):
        if centre_of[i] < 0:
            near = np.linalg.norm(lab - lab[i], axis=1) < SAME_COLOUR
            centre_of[near & (centre_of < 0)] = centres
            centres += 1
    return centre_of


def _even(image: np.ndarray) -> np.ndarray:
    """Pixels whose neighbours all have nearly the same colour: not an anti-aliased edge."""
    kernel = np.ones((3, 3), np.uint8)
    spread = cv2.dilate(image, kernel).astype(np.int16) - cv2.erode(image, kernel)
    return spread.max(axis=2) <= 6


def _regions(colour_map: np.ndarray, colours: int) -> int:
    """Count the connected areas of one colour, small specks aside."""
    regions = 0
    for number in range(1, colours + 1):
        mask = (colour_map == number).astype(np.uint8)
        stats = cv2.connectedComponentsWithStats(mask, connectivity=8)[2]
        regions += int((stats[1:, cv2.CC_STAT_AREA] > MIN_REGION_PIXELS).sum())
    return regions


def _is_tile(colour_map: np.ndarray) -> bool:
    """Whether one colour runs along most of the outline: a background of the logo's own."""
    border = np.concatenate(
        [
            colour_map[2:4].ravel(),
            colour_map[-4:-2].ravel(),
            colour_map[:, 2:4].ravel(),
            colour_map[:, -4:-2].ravel(),
        ]
    )
    border = border[border > 0]
    return border.size > 0 and bool(np.bincount(border).max() / border.size > 0.9)
