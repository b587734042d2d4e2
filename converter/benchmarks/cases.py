"""What drawings are measured on: vector sources, and the uploads that are made from them."""

import io
import re
from dataclasses import dataclass

import numpy as np
from PIL import Image

from converter.benchmarks.plain import plain_shapes
from converter.benchmarks.rendering import Colour, RenderingError, Size, render, straight

PLAIN = "plain"
WHITE: Colour = (255, 255, 255)
_TAG = re.compile(r"<svg\b[^>]*")
_ATTRIBUTE = re.compile(r"\s(viewBox|width|height)\s*=\s*[\"']([^\"']+)")
_NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")
_MIN_SIDE = 16
_STEP = 80  # in the channel in which ink and ground differ most
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

    @property
    def is_plain(self) -> bool:
        """True for the plain shapes."""
        return self.label == PLAIN

    @property
    def preset(self) -> str:
        """The name of the preset that a conversion would choose if it knew the type."""
        return "simple" if self.is_plain else self.label

    @property
    def is_mark(self) -> bool:
        """True for a source of one paint that stands out from the ground, and nothing else."""
        try:
            picture = render(self.svg, upload_size(self.svg, 256)).reshape(-1, 4)
        except RenderingError:
            return False
        ink = picture[picture[:, 3] == 255][:, :3]
        partly = ((picture[:, 3] > 0) & (picture[:, 3] < 255)).sum()
        if len(ink) < max(100, partly / 4) or len(ink) == len(picture):
            return False
        paints, counts = np.unique(ink, axis=0, return_counts=True)
        paints = paints[counts >= _PAINT * len(ink)]
        return len(paints) == 1 and float(np.abs(paints[0] - np.array(self.ground)).max()) > _STEP

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
    tag = _TAG.search(svg)
    attributes = dict(_ATTRIBUTE.findall(tag[0])) if tag else {}
    if "viewBox" in attributes:
        width, height = (float(value) for value in _NUMBER.findall(attributes["viewBox"])[2:4])
    else:
        lengths = (_NUMBER.match(attributes.get(name, "1")) for name in ("width", "height"))
        width, height = (float(length[0]) if length else 1.0 for length in lengths)
    scale = side / max(width, height)
    return max(_MIN_SIDE, round(width * scale)), max(_MIN_SIDE, round(height * scale))


def plain_cases(kind: Kind) -> list[Case]:
    """Return the plain shapes, whose thin lines depend on the upload's side."""
    return [Case(name, PLAIN, svg, WHITE) for name, svg in plain_shapes(kind.side).items()]
