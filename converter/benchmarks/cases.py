"""What drawings are measured on: vector sources, and the uploads that are made from them."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from converter.benchmarks.logos import read_logos
from converter.benchmarks.plain import plain_shapes
from converter.benchmarks.rendering import Colour, RenderingError, Size, render, straight

PLAIN = "plain"
WHITE: Colour = (255, 255, 255)
_VIEW_BOX = re.compile(r"<svg\b[^>]*?\bviewBox\s*=\s*[\"']([^\"']+)", re.S)
_LENGTH = re.compile(r"<svg\b[^>]*?\s(width|height)\s*=\s*[\"']([\d.]+)", re.S)
_MIN_SIDE = 16
_DARK = 110  # luma below which ink is dark on white
_PAINT = 0.002  # of the ink: less is a mixture at an edge


@dataclass(frozen=True)
class Kind:
    """A kind of upload.

    Attributes:
        name: as tables call it.
        side: of the image, in pixels: the longer one.
        jpeg: quality of the JPEG; None for a PNG.
        clear: without a ground.
    """

    name: str
    side: int = 256
    jpeg: int | None = None
    clear: bool = False


KINDS = {
    kind.name: kind
    for kind in (
        Kind("png256"),
        Kind("png96", side=96),
        Kind("jpeg60", jpeg=60),
        Kind("clear256", clear=True),
    )
}


@dataclass(frozen=True)
class Case:
    """A vector source and what it lies on.

    Attributes:
        name: of the file, or of the shape.
        label: the logo's type, or PLAIN.
        svg: the source.
        ground: colour of opaque uploads.
    """

    name: str
    label: str
    svg: str
    ground: Colour

    def size(self, kind: Kind) -> Size:
        """Return the upload's width and height."""
        return upload_size(self.svg, kind.side)

    def ground_of(self, kind: Kind) -> Colour | None:
        """Return the colour that the upload lies on; None for a transparent one."""
        return None if kind.clear else self.ground

    def upload(self, kind: Kind) -> bytes:
        """Return the file that somebody uploads: drawn by Cairo at its own size, as others export.

        Raises:
            RenderingError: if the source cannot be rendered.
        """
        image = Image.fromarray(
            straight(render(self.svg, self.size(kind), 1, self.ground_of(kind)))
        )
        buffer = io.BytesIO()
        if kind.jpeg:
            image.convert("RGB").save(buffer, "JPEG", quality=kind.jpeg)
        else:
            (image if kind.clear else image.convert("RGB")).save(buffer, "PNG")
        return buffer.getvalue()


def upload_size(svg: str, side: int) -> Size:
    """Return the size of a source's rendering whose longer side is `side`."""
    match = _VIEW_BOX.search(svg)
    if match:
        width, height = (float(value) for value in re.split(r"[\s,]+", match[1].strip())[2:4])
    else:
        lengths = {name: float(value) for name, value in _LENGTH.findall(svg)}
        width, height = lengths.get("width", 1.0), lengths.get("height", 1.0)
    scale = side / max(width, height)
    return max(_MIN_SIDE, round(width * scale)), max(_MIN_SIDE, round(height * scale))


def plain_cases(kind: Kind) -> list[Case]:
    """Return the plain shapes, whose thin lines depend on the upload's side."""
    return [Case(name, PLAIN, svg, WHITE) for name, svg in plain_shapes(kind.side).items()]


def logo_cases(folder: Path, per_type: int, seed: int) -> list[Case]:
    """Return test logos of an exported dataset, each type's drawn by chance.

    Raises:
        LogosError: if the folder holds none.
    """
    cases = []
    for truth in read_logos(folder, "test", per_type, seed):
        red, green, blue = bytes.fromhex(truth.background[1:])
        name = truth.source.stem
        cases.append(Case(name, truth.label, truth.source.read_text(), (red, green, blue)))
    return cases


def is_mark(case: Case) -> bool:
    """Tell whether a source is one dark paint and nothing else."""
    try:
        picture = render(case.svg, upload_size(case.svg, 256)).reshape(-1, 4)
    except RenderingError:
        return False
    ink = picture[picture[:, 3] == 255][:, :3]
    if len(ink) < 100 or (picture[:, 3] == 255).all():
        return False
    paints, counts = np.unique(ink, axis=0, return_counts=True)
    paints = paints[counts >= _PAINT * len(ink)]
    return len(paints) == 1 and float(paints[0] @ (0.299, 0.587, 0.114)) < _DARK
