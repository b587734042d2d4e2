"""Contact sheets: many logos on one picture, with their measures, to be looked at by a person."""

import random
from pathlib import Path

from django.db.models import QuerySet
from PIL import Image, ImageDraw, ImageFont

from classifier.models import Dataset, Sample

_CAPTION_HEIGHT = 26
_INK, _PAPER = "#3f3f46", "#d4d4d8"


def pick(dataset: Dataset, label: str, split: str | None, count: int, seed: int) -> list[Sample]:
    """Return `count` random samples of a label (and of a split, unless None).

    The same dataset and seed give the same samples in the same order.
    """
    samples: QuerySet[Sample] = dataset.samples.filter(label=label)
    if split is not None:
        samples = samples.filter(split=split)
    ordered = list(samples.order_by("sha256"))
    random.Random(seed).shuffle(ordered)
    return ordered[:count]


def draw_sheet(samples: list[Sample], columns: int = 10, tile: int = 128) -> Image.Image:
    """Draw the samples row by row, each on its own background over a caption.

    The caption tells its number, the start of its source hash, and gradient share, colours,
    regions and lettering share.
    """
    rows = -(-len(samples) // columns)
    sheet = Image.new("RGB", (columns * tile, rows * (tile + _CAPTION_HEIGHT)), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for number, sample in enumerate(samples):
        left, top = number % columns * tile, number // columns * (tile + _CAPTION_HEIGHT)
        sheet.paste(_tile(sample, tile - 4), (left + 2, top + 2))
        draw.text((left + 3, top + tile), _caption(sample, number), _INK, font, spacing=1)
    return sheet


def _tile(sample: Sample, side: int) -> Image.Image:
    tile = Image.new("RGBA", (side, side), sample.background)
    with Image.open(Path(sample.file)) as picture:
        logo = picture.convert("RGBA")
    logo.thumbnail((side - 8, side - 8), Image.Resampling.LANCZOS)
    tile.alpha_composite(logo, ((side - logo.width) // 2, (side - logo.height) // 2))
    return tile.convert("RGB")


def _caption(sample: Sample, number: int) -> str:
    lines = f"{number} {sample.sha256[:8]}\n"
    if not sample.measures:
        return lines
    measures = sample.measures
    lettering = measures.get("lettering")
    return lines + (
        f"g{measures['gradient_share']:.2f} c{measures['colours']} r{measures['regions']}"
        + ("" if lettering is None else f" t{lettering:.2f}")
    )
