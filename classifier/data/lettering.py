"""How much of a logo is readable lettering, seen by a text detector when a dataset is built."""

import csv
import gzip
import importlib.util
import io
import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageColor

from classifier.data.measures import bounds

KNOWN_READINGS = Path(__file__).with_name("lettering.csv.gz")
KEY_LENGTH = 16  # hex digits of a source's sha256 that name it in the table

MIN_SCORE = 0.6
SURE_SCORE = 0.85
CERTAIN_SCORE = 0.98
LONG_TEXT = 4  # letters; symbols are seldom taken for so many
MARGIN = 24  # pixels around the logo: the detector misses letters that touch the edge


def detector_installed() -> bool:
    """Whether the text detector (the `rapidocr` package, which carries its models) is there."""
    return importlib.util.find_spec("rapidocr") is not None


@dataclass(frozen=True)
class Reading:
    """What a text detector read on one logo.

    `share` is the part of the foreground's bounding box under recognised words, 0 to 1; `score`
    the recogniser's mean confidence in them.
    """

    share: float
    score: float = 0.0
    text: str = ""


NOTHING = Reading(0.0)


def known_readings(path: Path = KNOWN_READINGS) -> dict[str, Reading]:
    """Return what was read before, by the first KEY_LENGTH digits of the source's sha256.

    With them every machine gives the same labels, with or without the detector, and at once.
    """
    if not path.exists():
        return {}
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        return {key: Reading(float(share), float(score), text) for key, share, score, text in rows}


def save_readings(readings: dict[str, Reading], path: Path = KNOWN_READINGS) -> None:
    """Write the table of readings, sorted, so that equal tables are equal files."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    for key, reading in sorted(readings.items()):
        writer.writerow((key, f"{reading.share:g}", f"{reading.score:g}", reading.text))
    draft = path.with_name(f"{path.name}.partial")
    with draft.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        packed.write(table.getvalue().encode())
    draft.replace(path)


def is_plausible(reading: Reading, name: str) -> bool:
    """Whether a reading is lettering, not a symbol that the recogniser took for letters.

    It is when it resembles the logo's name or its initials, or is long and read with confidence.
    """
    text = _letters(reading.text)
    if len(text) < 2:
        return False
    words = [_letters(word) for word in re.split(r"[^0-9a-zA-Z]+", name) if word]
    whole, initials = "".join(words), "".join(word[0] for word in words)
    if text in whole or text in initials or (len(whole) > 2 and whole in text):
        return True
    if any(len(word) > 2 and (word in text or _alike(word, text)) for word in [whole, *words]):
        return True
    if reading.score >= CERTAIN_SCORE and text[0] == whole[:1] and _in_order(text, whole):
        return True
    return len(text) >= LONG_TEXT and reading.score >= SURE_SCORE


def _letters(text: str) -> str:
    """Letters and digits of a text, small and without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def _in_order(text: str, name: str) -> bool:
    """Whether the letters of an abbreviation follow each other in the name."""
    rest = iter(name)
    return all(letter in rest for letter in text)


def _alike(first: str, second: str) -> bool:
    return SequenceMatcher(None, first, second).ratio() >= 0.6


def read_lettering(image: np.ndarray, background: str, tile: bool) -> Reading:
    """Read the lettering of a logo, uint8 RGBA [H, W, 4], seen on `background`.

    On a filled tile the foreground is what stands on the tile, or is cut out of it. Where the
    detector finds no word, the recogniser looks at the whole foreground: large single words and
    monograms are easily missed.
    """
    foreground = _foreground(image, tile)
    if not foreground.any():
        return NOTHING
    picture = _on_background(image, background)
    words = _detected(picture, image.shape)
    if not words:
        return _recognised(picture, bounds(foreground))
    covered = np.zeros(foreground.shape, bool)
    for (top, bottom, left, right), _, _ in words:
        box = foreground[top:bottom, left:right]
        if box.any():
            first_row, last_row, first_column, last_column = bounds(box)  # boxes are generous
            covered[top + first_row : top + last_row, left + first_column : left + last_column] = (
                True
            )
    top, bottom, left, right = bounds(foreground)
    share = float(covered[top:bottom, left:right].mean())
    score = sum(score for *_, score in words) / len(words)
    return Reading(round(share, 3), round(score, 2), " ".join(text for _, text, _ in words))


def _foreground(image: np.ndarray, tile: bool) -> np.ndarray:
    ink = image[..., 3] > 128
    if not tile:
        return ink
    colours, counts = np.unique(image[ink][:, :3], axis=0, return_counts=True)
    ground = colours[counts.argmax()].astype(np.int16)
    different = ~ink | (np.abs(image[..., :3] - ground).max(axis=2) > 40)
    different[:4], different[-4:], different[:, :4], different[:, -4:] = (True,) * 4
    # What hangs together with the rim is the outside of the tile, not something on it.
    parts = cv2.connectedComponents(different.astype(np.uint8), connectivity=4)[1]
    return different & (parts != parts[0, 0])


def _on_background(image: np.ndarray, background: str) -> np.ndarray:
    """Put the image on its background with a margin, as uint8 BGR."""
    height, width = image.shape[:2]
    size = (width + 2 * MARGIN, height + 2 * MARGIN)
    canvas = Image.new("RGBA", size, ImageColor.getrgb(background))
    canvas.alpha_composite(Image.fromarray(image), (MARGIN, MARGIN))
    return np.ascontiguousarray(np.asarray(canvas.convert("RGB"))[..., ::-1])


Box = tuple[int, int, int, int]  # top, bottom, left, right


def _detected(picture: np.ndarray, shape: tuple[int, ...]) -> list[tuple[Box, str, float]]:
    """Words with their boxes in the image of that shape, and the recogniser's confidence."""
    found = _reader()(picture, use_det=True, use_cls=False, use_rec=True)
    if found.boxes is None:
        return []
    height, width = shape[:2]
    words = []
    for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        if score >= MIN_SCORE and len(_letters(text)) >= 2:
            left, top = np.clip(box.min(axis=0) - MARGIN, 0, (width, height)).astype(int)
            right, bottom = np.clip(box.max(axis=0) - MARGIN, 0, (width, height)).astype(int)
            words.append(((top, bottom, left, right), text, float(score)))
    return words


def _recognised(picture: np.ndarray, box: Box) -> Reading:
    """Read the foreground as one line of text."""
    top, bottom, left, right = box
    pad = max(4, (bottom - top) // 8)
    line = picture[
        max(0, top + MARGIN - pad) : bottom + MARGIN + pad,
        max(0, left + MARGIN - pad) : right + MARGIN + pad,
    ]
    found = _reader()(np.ascontiguousarray(line), use_det=False, use_cls=False, use_rec=True)
    if not found.txts or found.scores[0] < MIN_SCORE or len(_letters(found.txts[0])) < 2:
        return NOTHING
    return Reading(1.0, round(float(found.scores[0]), 2), found.txts[0])


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
