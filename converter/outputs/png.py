"""PNG of any size, with the drawing's transparency or on a colour."""

import re

from PIL import ImageColor

from classifier.images.drawings import render_png

MAX_SIDE = 8192


def write_png(svg: str, side: int, ground: str = "") -> bytes:
    """Return a PNG whose long side has `side` pixels.

    Args:
        svg: one of our own.
        side: 1 to MAX_SIDE.
        ground: a colour such as #ffffff to put behind the drawing; empty: transparent.

    Raises:
        ValueError: if the SVG cannot be rendered.
    """
    width, height = (
        float(value) for value in re.findall(r'\b(?:width|height)="([\d.]+)"', svg)[:2]
    )
    # The renderer keeps the aspect if only one side is named.
    sides = {"width": side} if width >= height else {"height": side}
    options = sides | ({"background": _plain(ground)} if ground else {})
    return render_png(svg, **options)


def _plain(colour: str) -> str:
    """Return a colour, however it is written, as the renderer takes it: #rrggbb or #rrggbbaa."""
    channels = ImageColor.getrgb(colour)
    return "#" + "".join(f"{min(255, max(0, channel)):02x}" for channel in channels)
