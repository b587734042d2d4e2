"""How much of a logo is readable lettering, seen by a text detector when a dataset is built."""

import csv
import gzip
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageColor

from classifier.data.measures import bounds

KNOWN_SHARES = Path(__file__).with_name("lettering.csv.gz")
KEY_LENGTH = 16  # hex digits of a source's sha256 that name it in the table

MIN_SCORE = 0.6
MARGIN = 24  # pixels around the logo: the detector misses letters that touch the edge


def detector_installed() -> bool:
    """Whether the text detector (the `rapidocr` package, which carries its models) is there."""
    return importlib.util.find_spec("rapidocr") is not None


def known_shares(path: Path = KNOWN_SHARES) -> dict[str, float]:
    """Return the shares measured before, by the first KEY_LENGTH digits of the source's sha256.

    With them every machine gives the same labels, with or without the detector, and at once.
    """
    if not path.exists():
        return {}
    with gzip.open(path, "rt", newline="") as file:
        return {key: float(share) for key, share in csv.reader(file)}


def save_shares(shares: dict[str, float], path: Path = KNOWN_SHARES) -> None:
    """Write the table of measured shares, sorted, so that equal tables are equal files."""
    draft = path.with_name(f"{path.name}.partial")
    with draft.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
        lines = (f"{key},{share:g}\n" for key, share in sorted(shares.items()))
        packed.write("".join(lines).encode())
    draft.replace(path)


def lettering_share(image: np.ndarray, background: str, tile: bool) -> float:
    """Return the share of the foreground's bounding box that recognised words cover, 0 to 1.

    `image` is uint8 RGBA [H, W, 4], seen on `background`. On a filled tile the foreground is what
    stands on the tile. A word is a box with two or more letters read with some confidence.
    """
    foreground = _foreground(image, tile)
    if not foreground.any():
        return 0.0
    covered = np.zeros(foreground.shape, bool)
    for top, bottom, left, right in _words(image, background):
        box = foreground[top:bottom, left:right]
        if box.any():
            first_row, last_row, first_column, last_column = bounds(box)  # boxes are generous
            covered[top + first_row : top + last_row, left + first_column : left + last_column] = (
                True
            )
    top, bottom, left, right = bounds(foreground)
    return round(float(covered[top:bottom, left:right].mean()), 3)


def _foreground(image: np.ndarray, tile: bool) -> np.ndarray:
    ink = image[..., 3] > 128
    if not tile:
        return ink
    colours, counts = np.unique(image[ink][:, :3], axis=0, return_counts=True)
    ground = colours[counts.argmax()].astype(np.int16)
    # The rounded corners of a tile blend into the outside; stay off its rim.
    inner = np.zeros_like(ink)
    inner[4:-4, 4:-4] = ink[4:-4, 4:-4]
    return inner & (np.abs(image[..., :3] - ground).max(axis=2) > 40)


def _words(image: np.ndarray, background: str) -> list[tuple[int, int, int, int]]:
    """Bounding boxes of recognised words as top, bottom, left, right, inside the image."""
    height, width = image.shape[:2]
    size = (width + 2 * MARGIN, height + 2 * MARGIN)
    canvas = Image.new("RGBA", size, ImageColor.getrgb(background))
    canvas.alpha_composite(Image.fromarray(image), (MARGIN, MARGIN))
    bgr = np.asarray(canvas.convert("RGB"))[..., ::-1]
    found = _reader()(bgr, use_cls=False)
    if found.boxes is None:
        return []
    words = []
    for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        if score >= MIN_SCORE and sum(letter.isalnum() for letter in text) >= 2:
            left, top = np.clip(box.min(axis=0) - MARGIN, 0, (width, height)).astype(int)
            right, bottom = np.clip(box.max(axis=0) - MARGIN, 0, (width, height)).astype(int)
            words.append((top, bottom, left, right))
    return words


@cache
def _reader() -> Any:
    from rapidocr import RapidOCR

    threads = "EngineConfig.onnxruntime"
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Det.limit_type": "max",
            "Det.limit_side_len": 320,
            # One thread each: the build runs one process per core.
            f"{threads}.intra_op_num_threads": 1,
            f"{threads}.inter_op_num_threads": 1,
        }
    )
