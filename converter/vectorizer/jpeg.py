"""How a JPEG was quantised, read from its pixels.

A JPEG keeps, of each block of 8 x 8 pixels, the coefficients of its cosine transform as multiples
of steps (ITU-T T.81). Encoders scale one table of steps by a quality of 1 to 100; the quality whose
steps the coefficients of the decoded pixels are multiples of is the one that was chosen (Fan and de
Queiroz, "Identification of bitmap compression history", 2003). Nothing has to be known of the file,
so that an upload which was stored as PNG tells it, too.
"""

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np

from .compiled import compiled

SIDE = 8  # px of a block
_QUALITIES = np.arange(20, 96)
_LOOKED_AT = 160  # blocks
_LEAST_STEPS = 40  # coefficients that are not 0, below which nothing can be said
_FITS = 0.3  # luma and chroma together, each 1 for exact multiples of the steps and 0 for chance
_SHARPENINGS = 5

# Tables K.1 and K.2.
_LUMA = """
16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56  14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92  49 64 78 87 103 121 120 101
72 92 95 98 112 100 103 99
"""
_CHROMA = """
17 18 24 47 99 99 99 99  18 21 26 66 99 99 99 99  24 26 56 99 99 99 99 99  47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99
"""


class Quantisation(NamedTuple):
    """Steps of the coefficients of a block.

    Attributes:
        luma, chroma: float32 [64], levels, row by row.
        halved: whether chroma was kept at half the resolution, both across and down.
    """

    luma: np.ndarray
    chroma: np.ndarray
    halved: bool


def recognise(planes: np.ndarray) -> Quantisation | None:
    """Return how a decoded JPEG was quantised; None if it was not, or in a way that is not known.

    Args:
        planes: float32 [H, W, 3], luma and the two differences to it, in levels; whole blocks of
            twice SIDE.
    """
    luma = _fit(_coefficients(planes[..., :1]), _tables(0))
    chroma = planes[..., 1:]
    # Twice as fine steps fit, too, but less: what is off counts for more.
    fits = [luma + _fit(_coefficients(each), _tables(1)) for each in (halved(chroma), chroma)]
    which = int(fits[1].max() > fits[0].max())
    quality = int(np.argmax(fits[which]))
    if fits[which][quality] < _FITS:
        return None
    return Quantisation(_tables(0)[quality], _tables(1)[quality], which == 0)


def halved(chroma: np.ndarray) -> np.ndarray:
    """Return chroma [H, W, 2] at half the resolution, as it was before a decoder enlarged it.

    Decoders enlarge by weights of 3/4 and 1/4 across and down, which blurs; that is undone by
    Van Cittert's iteration.
    """
    small = cv2.resize(chroma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    kernel = np.array([1, 6, 1], np.float32) / 8
    result = small
    for _ in range(_SHARPENINGS):
        blurred = cv2.sepFilter2D(result, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
        result = result + small - blurred
    return result


def in_blocks(plane: np.ndarray) -> np.ndarray:
    """Return a plane [H, W] as blocks [H / 8, W / 8, 64]."""
    height, width = plane.shape
    cut = plane.reshape(height // SIDE, SIDE, width // SIDE, SIDE)
    return cut.transpose(0, 2, 1, 3).reshape(height // SIDE, width // SIDE, SIDE * SIDE)


@cache
def transform() -> np.ndarray:
    """Return the cosine transform of a block, float32 [64, 64]: coefficients by pixels."""
    k, n = np.arange(SIDE)[:, None], np.arange(SIDE)[None]
    one = np.cos(np.pi * (2 * n + 1) * k / (2 * SIDE)) * np.sqrt(2 / SIDE)
    one[0] /= np.sqrt(2)
    return np.kron(one, one).astype(np.float32)


@cache
def _tables(which: int) -> np.ndarray:
    """Return the steps for each of the qualities, float32 [Q, 64]: of luma, 0, or chroma, 1."""
    base = np.array((_LUMA, _CHROMA)[which].split(), np.float32)
    scale = np.where(_QUALITIES < 50, 5000 // _QUALITIES, 200 - 2 * _QUALITIES)
    steps = np.floor((base * scale[:, None] + 50) / 100)
    return np.clip(steps, 1, 255).astype(np.float32)


def _coefficients(planes: np.ndarray) -> np.ndarray:
    """Return those of some blocks in which something changes, [N, 64], of planes [H, W, C]."""
    blocks = np.concatenate([in_blocks(plane).reshape(-1, SIDE * SIDE) for plane in
                             np.moveaxis(planes, -1, 0)])  # fmt: skip
    changing = blocks[np.ptp(blocks, axis=1) > SIDE]
    return changing[:: 1 + len(changing) // _LOOKED_AT] @ transform().T


@compiled
def _fit(coefficients: np.ndarray, tables: np.ndarray) -> np.ndarray:
    """Return how near to multiples of each table's steps coefficients are: 1 exact, 0 chance."""
    result = np.zeros(len(tables))
    for table in range(len(tables)):
        count = 0
        total = off = 0.0
        for n in range(len(coefficients)):
            for k in range(1, len(tables[table])):
                size = tables[table, k]
                steps = abs(coefficients[n, k]) / size
                if steps < 0.5:
                    continue
                # Rounding and clipping move a coefficient by some levels; large steps survive that.
                weight = size * size
                off += weight * abs(steps - np.rint(steps))
                total += weight
                count += 1
        if count >= _LEAST_STEPS:
            result[table] = 1 - 4 * off / total
    return result
