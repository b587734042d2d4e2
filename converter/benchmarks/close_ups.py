"""Pictures of a part of an upload, enlarged, beside drawings of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from converter.benchmarks.rendering import Colour, on_ground, render

ENLARGED = 6
_GAP = 8
_TITLE = 24
_WHITE: Colour = (255, 255, 255)


@dataclass(frozen=True)
class Row:
    """A part of an upload, and its drawings.

    Attributes:
        upload: the image that was traced.
        box: left, top, width and height of the part, in its pixels.
        drawings: SVG files.
    """

    upload: Path
    box: tuple[int, int, int, int]
    drawings: list[Path]


def close_ups(rows: list[Row], titles: list[str]) -> Image.Image:
    """Return a picture with a row for each upload: the upload itself, then its drawings.

    All boxes should be of one size.

    Raises:
        RenderingError: if a drawing cannot be rendered.
    """
    parts = [_row(row) for row in rows]
    width = max(sum(part.width + _GAP for part in row) for row in parts) - _GAP
    height = _TITLE + sum(row[0].height + _GAP for row in parts) - _GAP
    picture = Image.new("RGB", (width, height), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(14)
    top = _TITLE
    for number, row in enumerate(parts):
        left = 0
        for title, part in zip(titles, row, strict=True):
            if number == 0:
                pen.text((left + 2, 2), title, fill="#444", font=font)
            picture.paste(part, (left, top))
            left += part.width + _GAP
        top += row[0].height + _GAP
    return picture


def _row(row: Row) -> list[Image.Image]:
    with Image.open(row.upload) as opened:
        image = opened.convert("RGBA")
    ground = Image.new("RGBA", image.size, "white")
    upload = Image.alpha_composite(ground, image).convert("RGB")
    left, top, width, height = row.box
    around = (left, top, left + width, top + height)
    size = (ENLARGED * width, ENLARGED * height)
    parts = [upload.crop(around).resize(size, Image.Resampling.NEAREST)]
    for drawing in row.drawings:
        rendering = render(drawing.read_text(), image.size, ENLARGED, _WHITE)
        pixels = np.ascontiguousarray(on_ground(rendering, _WHITE))
        parts.append(Image.fromarray(pixels).crop(tuple(ENLARGED * edge for edge in around)))
    return parts
