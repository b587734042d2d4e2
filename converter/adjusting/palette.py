"""The colours of a finished drawing: which there are, how much of it each covers, and other ones.

Colours are replaced in the SVG's text, so that no new trace is needed.
"""

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from classifier.images.drawings import render_png
from converter.outputs.picture import Colour, Gradient, Part, Picture, path_data, read_picture

MOST_COLOURS = 64  # that can be given to snap to
MOST_CHANGES = 200
_PAINT = re.compile(r'((?:fill|stroke|stop-color)=")(#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?)(")')
_GIVEN = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")
_CHANGE = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3}):#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
_SIDE = 512  # pixels at which areas are counted


class PaletteError(ValueError):
    """What was given is no list of colours. The message is for people."""


@dataclass(frozen=True)
class Swatch:
    """One colour of a drawing.

    Attributes:
        colour: such as #ff8800.
        share: of what is painted.
        flat: whether anything is painted plainly with it; otherwise only gradients have it.
    """

    colour: str
    share: float
    flat: bool = True


def palette_of(svg: str) -> list[Swatch]:
    """Return a drawing's colours, the one with most area first.

    A gradient's area counts for its stops in equal parts.

    Raises:
        UnreadablePictureError: if the drawing is none of ours.
    """
    picture = read_picture(svg)
    areas = _areas(picture)
    totals: dict[str, float] = {}
    flat: set[str] = set()
    for part, area in zip(picture.parts, areas, strict=True):
        colours = _colours(part)
        if not isinstance(part.fill, Gradient):
            flat.update(colours)
        for colour in colours:
            totals[colour] = totals.get(colour, 0.0) + area / len(colours)
    whole = sum(totals.values()) or 1.0
    swatches = [Swatch(colour, area / whole, colour in flat) for colour, area in totals.items()]
    return sorted(swatches, key=lambda swatch: -swatch.share)


def recolour(svg: str, changes: Mapping[str, str]) -> str:
    """Return a drawing with each colour of `changes` replaced by the one that it maps to.

    Colours are written in full, #rrggbb in small letters; all are replaced at once.
    """

    def changed(match: re.Match[str]) -> str:
        new = changes.get(full(match[2]))
        return f"{match[1]}{_short(new)}{match[3]}" if new else match[0]

    return _PAINT.sub(changed, svg)


def recolour_in_turn(svg: str, changes: Iterable[tuple[str, str]]) -> str:
    """Return a drawing after changes, from one colour to another, that were made one by one.

    The drawing is gone over once, however many there are.
    """
    pairs, ends = list(changes), {}
    for colour in colours_in(svg):
        now = colour
        for old, new in pairs:
            now = new if now == old else now
        if now != colour:
            ends[colour] = now
    return recolour(svg, ends)


def colours_in(svg: str) -> list[str]:
    """Return the colours that a drawing's text names, in full, each once."""
    return list(dict.fromkeys(full(match[2]) for match in _PAINT.finditer(svg)))


def snapped(svg: str, colours: Iterable[str]) -> str:
    """Return a drawing in which each colour is the one of `colours` that looks most like it."""
    targets = list(colours)
    if not targets:
        return svg
    wanted = _to_oklab([_channels(colour) for colour in targets])
    own = colours_in(svg)
    if not own:
        return svg
    found = _to_oklab([_channels(colour) for colour in own])
    nearest = np.linalg.norm(found[:, None] - wanted[None], axis=2).argmin(axis=1)
    return recolour(svg, {c: targets[index] for c, index in zip(own, nearest, strict=True)})


def read_colours(text: str) -> list[str]:
    """Read a list of colours as people paste it: hexadecimal, with anything between them.

    Raises:
        PaletteError: if it holds none, too many, or something that looks like no colour.
    """
    found = [full(f"#{match[1]}") for match in _GIVEN.finditer(text)]
    rest = re.sub(r"[\s,;|]+", "", _GIVEN.sub("", text))
    if rest:
        raise PaletteError(f"{rest[:40]!r} is no colour. Give colours such as #ff8800, #036.")
    if not found:
        raise PaletteError("Give at least one colour, such as #ff8800.")
    if len(found) > MOST_COLOURS:
        raise PaletteError(f"Give at most {MOST_COLOURS} colours.")
    return list(dict.fromkeys(found))


def read_changes(text: str) -> list[tuple[str, str]]:
    """Read pairs `old:new` of colours, with commas between them, in their order.

    Raises:
        PaletteError: if it holds anything else, or too many.
    """
    pairs = []
    for part in filter(None, re.split(r"[\s,;]+", text)):
        match = _CHANGE.fullmatch(part)
        if not match:
            raise PaletteError(f"{part[:40]!r} is no change. Give pairs such as #ff8800:#003366.")
        pairs.append((full(match[1]), full(match[2])))
    if len(pairs) > MOST_CHANGES:
        raise PaletteError(f"Give at most {MOST_CHANGES} changes.")
    return pairs


def full(colour: str) -> str:
    """Return a colour as #rrggbb in small letters."""
    digits = colour.lstrip("#").lower()
    return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))


def _short(colour: str) -> str:
    digits = colour.lstrip("#")
    return f"#{digits[::2]}" if digits[::2] == digits[1::2] else f"#{digits}"


def _colours(part: Part) -> list[str]:
    if isinstance(part.fill, Gradient):
        return list(dict.fromkeys(_hex(stop.colour) for stop in part.fill.stops))
    return [_hex(part.fill or part.stroke or (0, 0, 0))]


def _areas(picture: Picture) -> list[int]:
    """Return how many pixels of each part are seen: each part is drawn in a colour of its own."""
    body = "".join(
        f'<path fill="#{number:06x}" fill-rule="{"evenodd" if part.even_odd else "nonzero"}" '
        f'd="{path_data(part)}"/>'
        for number, part in enumerate(picture.parts, start=1)
    )
    size = f'width="{picture.width:g}" height="{picture.height:g}"'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {picture.width:g} {picture.height:g}">{body}</svg>'
    )
    side = {"width": _SIDE} if picture.width >= picture.height else {"height": _SIDE}
    content = render_png(svg, shape_rendering="crisp_edges", **side)
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(np.uint32)
    numbers = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
    counts = np.bincount(numbers.ravel(), minlength=len(picture.parts) + 1)
    return counts[1 : len(picture.parts) + 1].tolist()


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _channels(colour: str) -> list[int]:
    return list(bytes.fromhex(full(colour)[1:]))


def _to_oklab(colours: list[list[int]]) -> np.ndarray:
    """Return colours [N, 3] in OKLab: Ottosson, "A perceptual color space", 2020."""
    values = np.array(colours, np.float64) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    cones = linear @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    return np.cbrt(cones) @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )
