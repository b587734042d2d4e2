"""Logos whose vector source is known, and what a drawing of one is judged by."""

import csv
import io
import random
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

from converter.images import read_logo, to_png
from converter.presets import LOGO_TYPES, Preset
from converter.quality import SIDE, Quality, compare
from converter.tracing import TracingError, trace

FORMATS = ("png", "jpeg")
_JPEG_QUALITY = 70
_FAILED = Quality(0.0, 0.0, 0, 0)


class LogosError(Exception):
    """The folder of logos cannot be used. The message says what to do."""


@dataclass(frozen=True)
class Truth:
    """A logo of an exported dataset.

    Attributes:
        image: file of the small rendering that is traced.
        source: the SVG that it was rendered from.
        label: true type.
        background: colour that its clear parts are seen on, `#rrggbb`.
    """

    image: Path
    source: Path
    label: str
    background: str

    def upload(self, kind: str) -> bytes:
        """Return the file that somebody uploads: a clear PNG, or a noisy opaque JPEG."""
        image = Image.open(self.image).convert("RGBA")
        if kind == "png":
            return to_png(image)
        buffer = io.BytesIO()
        _on(image, self.background).save(buffer, "JPEG", quality=_JPEG_QUALITY)
        return buffer.getvalue()


@dataclass(frozen=True)
class Measured:
    """One tracing: how good it was, and how long it took."""

    quality: Quality
    seconds: float
    failed: bool = False


def read_logos(folder: Path, split: str, per_type: int, seed: int) -> list[Truth]:
    """Return up to `per_type` logos of each type, drawn by chance, the same for the same seed.

    Raises:
        LogosError: if the folder was not written by `export_dataset --vectors`, or holds none.
    """
    by_type: dict[str, list[Truth]] = defaultdict(list)
    try:
        with (folder / "labels.csv").open(newline="") as table:
            for row in sorted(csv.DictReader(table), key=lambda row: row["path"]):
                if row["split"] == split and row["source"]:
                    paths = folder / row["path"], folder / row["source"]
                    by_type[row["label"]].append(Truth(*paths, row["label"], row["background"]))
    except (OSError, KeyError) as error:
        raise LogosError(
            f"{folder} holds no logos with their sources. Write some with: "
            "python manage.py export_dataset --vectors -o FOLDER"
        ) from error
    chosen: list[Truth] = []
    for logo_type in LOGO_TYPES:
        logos = by_type[logo_type]
        random.Random(seed).shuffle(logos)
        chosen += logos[:per_type]
    if not chosen:
        raise LogosError(f"{folder} holds no logo of the {split} split.")
    return chosen


def measure(truth: Truth, preset: Preset, kind: str) -> Measured:
    """Trace a logo with a preset and judge the drawing by the source. A failure scores 0."""
    logo = read_logo(truth.upload(kind), SIDE)
    started = time.perf_counter()
    try:
        drawing = trace(logo, preset)
    except TracingError:
        return Measured(_FAILED, time.perf_counter() - started, failed=True)
    seconds = time.perf_counter() - started
    size = (logo.width, logo.height)
    expected = rendered(truth.source.read_text(), size, truth.background)
    drawn = rendered(drawing.svg, size, truth.background)
    if drawn.shape != expected.shape:  # a pixel of rounding on the short side
        height, width = expected.shape[:2]
        drawn = np.asarray(Image.fromarray(drawn).resize((width, height)))
    return Measured(compare(drawn, expected, drawing.byte_count, drawing.path_count), seconds)


def rendered(svg: str, size: tuple[int, int], background: str) -> np.ndarray:
    """Render an SVG of this aspect at 1,024 px on a colour: uint8 [H, W, 3]."""
    width, height = size
    sides = {"width": SIDE} if width >= height else {"height": SIDE}
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, **sides)
    image = Image.open(io.BytesIO(bytes(png))).convert("RGBA")
    return np.asarray(_on(image, background))


def _on(image: Image.Image, colour: str) -> Image.Image:
    canvas = Image.new("RGB", image.size, colour)
    canvas.paste(image, mask=image.getchannel("A"))
    return canvas
