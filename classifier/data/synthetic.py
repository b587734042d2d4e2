"""Logos drawn by this project: for tests and a first look, never for a quoted accuracy."""

import math
import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from classifier.logo_types import LogoType

Colour = tuple[int, int, int]

_OVERSAMPLING = 2  # drawn larger and scaled down, for smooth edges
_PALETTE: tuple[Colour, ...] = (
    (16, 24, 39), (220, 38, 38), (37, 99, 235), (5, 150, 105), (124, 58, 237), (234, 88, 12),
    (202, 138, 4), (190, 24, 93), (8, 145, 178), (101, 67, 33), (77, 124, 15), (100, 116, 139),
    (244, 114, 182), (250, 204, 21), (56, 189, 248),
)  # fmt: skip
_SYLLABLES = (
    "ar bel co dax el fi go hub in jet ka lo mo nex or pi qu ro sol ta um vi wa xi yo zen".split()  # noqa: SIM905
)


def draw_logo(logo_type: LogoType, rng: random.Random, size: int = 256) -> Image.Image:
    """Draw a random logo of a type: RGBA, its longer side `size` pixels, mostly transparent.

    The same state of `rng` gives the same pixels.
    """
    image = _DRAWERS[logo_type](rng, size * _OVERSAMPLING)
    scale = size / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _simple(rng: random.Random, side: int) -> Image.Image:
    colours = rng.sample(_PALETTE, rng.choice((1, 1, 2, 2, 3)))
    image = Image.new("RGBA", (side, side))
    if rng.random() < 0.2:
        _tile(image, colours[0], rng)
        colours = [*colours[1:], (255, 255, 255)]
        margin = side // 5
    else:
        margin = side // 16
    box = (margin, margin, side - margin, side - margin)
    if rng.random() < 0.15:
        _letters(image, rng.choice("ABCDEFGKMNQRSXZ"), colours[-1], box)
    else:
        _mark(image, colours, box, rng)
    return image


def _text(rng: random.Random, side: int) -> Image.Image:
    lines = [_word(rng) for _ in range(rng.choice((1, 1, 1, 2)))]
    height = round(side / rng.uniform(1.6, 4.5) if max(map(len, lines)) > 3 else side)
    image = Image.new("RGBA", (side, height))
    ground, ink = rng.sample(_PALETTE, 2)
    margin = round(height * rng.uniform(0.05, 0.2))
    left, top, right, bottom = margin, margin, side - margin, height - margin
    if rng.random() < 0.25:
        _tile(image, ground, rng)
        ink = (255, 255, 255)
    elif rng.random() < 0.4 and len(lines) == 1 and len(lines[0]) > 4:
        symbol = min(bottom - top, side // 5)
        middle = (top + bottom - symbol) // 2
        _mark(image, [ground], (left, middle, left + symbol, middle + symbol), rng)
        left += symbol + margin
    for number, line in enumerate(lines):
        row = top + (bottom - top) * number // len(lines)
        end = top + (bottom - top) * (number + 1) // len(lines)
        colour = ground if number and ink != (255, 255, 255) else ink
        _letters(image, line, colour, (left, row, right, end), slant=rng.choice((0, 0, 0.25)))
    return image


def _gradient(rng: random.Random, side: int) -> Image.Image:
    draw: Callable[[random.Random, int], Image.Image] = rng.choice((_simple, _simple, _text))
    image = draw(rng, side)
    ground = Image.new("RGBA", image.size)
    first, second = _far_apart(rng)
    smooth = _smooth(image.size, first, second, rng)
    if rng.random() < 0.35:
        _tile(ground, (0, 0, 0), rng)
        smooth.putalpha(ground.getchannel("A"))
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        inner = image.resize([max(1, length * 3 // 5) for length in image.size])
        left, top = (image.width - inner.width) // 2, (image.height - inner.height) // 2
        smooth.paste(white.crop((0, 0, *inner.size)), (left, top), inner.getchannel("A"))
    else:
        smooth.putalpha(image.getchannel("A"))
    return smooth


def _far_apart(rng: random.Random) -> tuple[Colour, Colour]:
    first = rng.choice(_PALETTE)
    second = rng.choice([colour for colour in _PALETTE if math.dist(first, colour) > 130])
    return first, second


def _complex(rng: random.Random, side: int) -> Image.Image:
    return rng.choice((_mosaic, _crest, _scene))(rng, side)


_DRAWERS: dict[LogoType, Callable[[random.Random, int], Image.Image]] = {
    LogoType.SIMPLE: _simple,
    LogoType.TEXT: _text,
    LogoType.GRADIENT: _gradient,
    LogoType.COMPLEX: _complex,
}


def _mosaic(rng: random.Random, side: int) -> Image.Image:
    """Many small pieces of many colours."""
    image = Image.new("RGBA", (side, side))
    cells = rng.randint(4, 7)
    step = side / cells
    colours = rng.sample(_PALETTE, rng.randint(6, 9))
    for row in range(cells):
        for column in range(cells):
            if rng.random() < 0.88:
                left, top = column * step + step * 0.06, row * step + step * 0.06
                box = (left, top, left + step * 0.88, top + step * 0.88)
                _shape(image, rng.choice(colours), box, rng)
    return image


def _crest(rng: random.Random, side: int) -> Image.Image:
    """A roundel with rings, rays, stars and a short name inside."""
    image = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(image)
    outer, ring, field, ray, ink, dot = rng.sample(_PALETTE, 6)
    for colour, part in ((outer, 0.49), (ring, 0.44), (field, 0.34)):
        draw.circle((side / 2, side / 2), side * part, fill=colour)
    count = rng.randint(10, 18)
    for number in range(count):
        angle = 2 * math.pi * number / count
        x, y = side / 2 + side * 0.39 * math.cos(angle), side / 2 + side * 0.39 * math.sin(angle)
        _polygon(draw, dot, (x, y), side * 0.03, 5, inner=0.45)
        end = side * 0.32
        tips = [angle - 0.08, angle + 0.08]
        points = [(side / 2 + end * math.cos(t), side / 2 + end * math.sin(t)) for t in tips]
        draw.polygon([(side / 2, side / 2), *points], fill=ray)
    draw.circle((side / 2, side / 2), side * 0.2, fill=(255, 255, 255))
    _letters(image, _word(rng)[:5], ink, _around(side / 2, side / 2, side * 0.16))
    return image


def _scene(rng: random.Random, side: int) -> Image.Image:
    """A small flat illustration: sky, sun, hills, houses with windows."""
    image = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(image)
    sky, sun, hill, far_hill, *houses = rng.sample(_PALETTE, 9)
    draw.rounded_rectangle((0, 0, side, side), rng.choice((0, side // 8)), fill=sky)
    draw.circle((side * rng.uniform(0.2, 0.8), side * 0.25), side * 0.12, fill=sun)
    draw.ellipse((-side * 0.3, side * 0.5, side * 0.7, side * 1.1), fill=far_hill)
    draw.ellipse((side * 0.3, side * 0.55, side * 1.3, side * 1.2), fill=hill)
    count = rng.randint(3, 5)
    for number in range(count):
        left = side * (0.08 + 0.86 * number / count)
        width, top = side * 0.13, side * rng.uniform(0.45, 0.65)
        colour = houses[number]
        draw.rectangle((left, top, left + width, side * 0.92), fill=colour)
        roof = [(left, top), (left + width, top), (left + width / 2, top - width * 0.7)]
        draw.polygon(roof, fill=houses[(number + 1) % 5])
        for row in range(3):
            for column in range(2):
                x = left + width * (0.2 + 0.4 * column)
                y = top + width * (0.25 + 0.5 * row)
                draw.rectangle((x, y, x + width * 0.2, y + width * 0.25), fill=(255, 255, 255))
    return image


Box = tuple[float, float, float, float]


def _around(x: float, y: float, radius: float) -> Box:
    return (x - radius, y - radius, x + radius, y + radius)


def _tile(image: Image.Image, colour: Colour, rng: random.Random) -> None:
    radius = min(image.size) * rng.choice((0, 0.15, 0.25, 0.5))
    box = (0, 0, image.width - 1, image.height - 1)
    ImageDraw.Draw(image).rounded_rectangle(box, radius, fill=colour)


def _mark(image: Image.Image, colours: list[Colour], box: Box, rng: random.Random) -> None:
    """One shape or a few, side by side or one in the other."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    arrangement = rng.choice(("one", "nested", "grid"))
    if arrangement == "grid":
        for number in range(4):
            x, y = left + width * 0.53 * (number % 2), top + height * 0.53 * (number // 2)
            part = (x, y, x + width * 0.47, y + height * 0.47)
            _shape(image, colours[number % len(colours)], part, rng)
        return
    _shape(image, colours[0], box, rng)
    if arrangement == "nested":
        inner = colours[1] if len(colours) > 1 else (255, 255, 255)
        part = _around((left + right) / 2, (top + bottom) / 2, min(width, height) * 0.22)
        _shape(image, inner, part, rng)


def _shape(image: Image.Image, colour: Colour, box: Box, rng: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = box
    centre, radius = ((left + right) / 2, (top + bottom) / 2), min(right - left, bottom - top) / 2
    kind = rng.choice(("ellipse", "rectangle", "ring", "pie", "polygon", "star"))
    if kind == "ellipse":
        draw.ellipse(box, fill=colour)
    elif kind == "rectangle":
        draw.rounded_rectangle(box, radius * rng.choice((0, 0.3, 0.6)), fill=colour)
    elif kind == "ring":
        draw.ellipse(box, outline=colour, width=max(2, round(radius * rng.uniform(0.25, 0.6))))
    elif kind == "pie":
        start = rng.choice((0, 45, 90, 180, 270))
        draw.pieslice(box, start, start + rng.choice((180, 270, 300)), fill=colour)
    else:
        inner = 1.0 if kind == "polygon" else rng.uniform(0.4, 0.6)
        _polygon(draw, colour, centre, radius, rng.randint(3, 8), inner)


def _polygon(
    draw: ImageDraw.ImageDraw,
    colour: Colour,
    centre: tuple[float, float],
    radius: float,
    corners: int,
    inner: float,
) -> None:
    """A regular polygon, or a star whose dents lie at `inner` times the radius."""
    count = corners if inner == 1.0 else 2 * corners
    points = []
    for number in range(count):
        angle = 2 * math.pi * number / count - math.pi / 2
        reach = radius * (inner if number % 2 and inner != 1.0 else 1.0)
        points.append((centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle)))
    draw.polygon(points, fill=colour)


def _word(rng: random.Random) -> str:
    word = "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(1, 4)))
    return rng.choice((str.upper, str.capitalize, str.lower))(word)


def _letters(image: Image.Image, text: str, colour: Colour, box: Box, slant: float = 0.0) -> None:
    """Write text as large as the box allows, in its middle."""
    font = ImageFont.load_default(200)
    left, top, right, bottom = font.getbbox(text, stroke_width=4)
    mask = Image.new("L", (round(right - left), round(bottom - top)))
    ImageDraw.Draw(mask).text((-left, -top), text, font=font, fill=255, stroke_width=4)
    if slant:
        width = mask.width + round(slant * mask.height)
        shear = (1, slant, -slant * mask.height, 0, 1, 0)
        mask = mask.transform((width, mask.height), Image.Transform.AFFINE, shear)
    scale = min((box[2] - box[0]) / mask.width, (box[3] - box[1]) / mask.height)
    mask = mask.resize([max(1, int(length * scale)) for length in mask.size])
    place = (
        int(box[0] + (box[2] - box[0] - mask.width) / 2),
        int(box[1] + (box[3] - box[1] - mask.height) / 2),
    )
    image.paste(Image.new("RGBA", mask.size, (*colour, 255)), place, mask)


def _smooth(
    size: tuple[int, int], first: Colour, second: Colour, rng: random.Random
) -> Image.Image:
    """A linear or radial transition between two colours over the whole canvas."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    x, y = x / size[0] - 0.5, y / size[1] - 0.5
    if rng.random() < 0.3:
        ramp = np.hypot(x, y) / 0.7
    else:
        angle = rng.uniform(0, 2 * math.pi)
        ramp = x * math.cos(angle) + y * math.sin(angle) + 0.5
    ramp = np.clip(ramp, 0, 1)[..., None]
    blend = np.array(first) * (1 - ramp) + np.array(second) * ramp
    return Image.fromarray(blend.round().astype(np.uint8)).convert("RGBA")
