"""Drawn pictures that are no logos, to learn what is unfamiliar from.

Nobody can collect all that is no logo. Simple generators of each kind (photographs, pages, screens,
sketches, textures, collections) are enough to point a straight line the right way; it is measured
on real pictures that nothing was fitted to.

Hendrycks, Mazeika, Dietterich, Deep Anomaly Detection with Outlier Exposure, ICLR 2019,
https://arxiv.org/abs/1812.04606; dead leaves: Lee, Mumford, Huang, IJCV 41, 2001.
"""

import random
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

_SIDES = (96, 320)
_LETTERS = "aaabcdeeeefghiiijklmnnoooprrsssttttuuvwyz"


def draw_stranger(number: int, logos: Sequence[Image.Image] = ()) -> Image.Image:
    """Draw the n-th picture that is no logo, of mode RGB. Kinds take turns.

    Args:
        number: the same number gives the same picture.
        logos: RGB; with some, collections of them are a kind, too.
    """
    rng = random.Random(f"stranger {number}")
    kinds = _KINDS if logos else _KINDS[:-1]
    width, height = (rng.randint(*_SIDES) for _ in range(2))
    return kinds[number % len(kinds)](rng, (width, height), logos)


def _colour(rng: random.Random) -> tuple[int, ...]:
    return tuple(rng.randint(0, 255) for _ in range(3))


def _paper(rng: random.Random) -> tuple[int, ...]:
    """Return a colour that pages and screens have: nearly white, at times nearly black."""
    level = rng.choice((255, 250, 244, 236, 24, 40))
    return tuple(max(0, min(255, level + rng.randint(-6, 6))) for _ in range(3))


def _ink_on(paper: tuple[int, ...], rng: random.Random) -> tuple[int, ...]:
    dark = sum(paper) > 384
    return tuple(rng.randint(0, 90) if dark else rng.randint(170, 255) for _ in range(3))


def cloud(rng: random.Random, size: tuple[int, int], slope: float) -> np.ndarray:
    """Return noise whose power falls with frequency to `slope`, float32 [H, W] from 0 to 1."""
    noise = np.random.default_rng(rng.getrandbits(32)).normal(size=(size[1], size[0]))
    frequency = np.hypot(np.fft.fftfreq(size[1])[:, None], np.fft.rfftfreq(size[0])[None])
    frequency[0, 0] = 1
    values = np.fft.irfft2(np.fft.rfft2(noise) / frequency**slope, s=noise.shape)
    return ((values - values.min()) / max(np.ptp(values), 1e-9)).astype(np.float32)


def _texture(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    """Draw clouds between two or three colours: sky, cloth, stone."""
    slope = rng.uniform(0.4, 2.2)
    ends = [np.array(_colour(rng), np.float32) for _ in range(3)]
    first, second = (cloud(rng, size, slope)[..., None] for _ in range(2))
    pixels = ends[0] * first + ends[1] * (1 - first)
    pixels = pixels * second + ends[2] * (1 - second) if rng.random() < 0.5 else pixels
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _photograph(rng: random.Random, size: tuple[int, int], _: object) -> Image.Image:
    """Draw dead leaves: shaded, textured shapes over one another, blurred a little, with noise."""
    picture = _texture(rng, size)
    for _number in range(rng.randint(4, 40)):
        mask = Image.new("L", size)
        x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
        reach = min(size) * rng.uniform(0.06, 0.5)
        outline = []
        for angle in np.linspace(0, 6.28, rng.randint(5, 14), endpoint=False):
            away = reach * rng.uniform(0.5, 1.1)
            outline.append((x + away * np.cos(angle), y + away * np.sin(angle)))
        ImageDraw.Draw(mask).polygon(outline, fill=255)
        soft = mask.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 3)))
        picture.paste(_texture(rng, size), mask=soft)
    light = Image.fromarray((cloud(rng, size, 2.0) * 150 + 105).astype(np.uint8)).convert("RGB")
    picture = ImageChops.multiply(picture, light)
    grain = np.random.default_rng(rng.getrandbits(32)).normal(
        0, rng.uniform(1, 9), (*size[::-1], 1)
    )
    pixels = np.asarray(picture, np.float32) + grain
    grey = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    return grey.convert("L").convert("RGB") if rng.random() < 0.25 else grey


def _words(rng: random.Random, count: int) -> str:
    return " ".join(
        "".join(rng.choice(_LETTERS) for _ in range(rng.randint(2, 9))) for _ in range(count)
    )


def _write(
    draw: ImageDraw.ImageDraw, box: tuple[int, ...], ink: tuple[int, ...], rng: random.Random
) -> None:
    """Fill a box (left, top, right, bottom) with lines of text."""
    size = rng.choice((6, 7, 8, 9, 10, 12, 14))
    font, top = ImageFont.load_default(size), box[1]
    while top + size < box[3]:
        line = _words(rng, 24)
        room = (box[2] - box[0]) * (1 if rng.random() < 0.8 else rng.uniform(0.3, 0.9))
        while line and draw.textlength(line, font) > room:
            line = line[: int(len(line) * 0.8)] if len(line) > 8 else line[:-1]
        draw.text((box[0], top), line, ink, font)
        top += round(size * rng.choice((1.3, 1.5, 1.5, 2.2)))


def _page(rng: random.Random, size: tuple[int, int], _: object) -> Image.Image:
    """Draw a page of text, in one or two columns; some are scanned."""
    paper = _paper(rng)
    page = Image.new("RGB", size, paper)
    draw, ink, edge = ImageDraw.Draw(page), _ink_on(paper, rng), rng.randint(4, 24)
    columns = rng.choice((1, 1, 2))
    width = (size[0] - edge) // columns
    for column in range(columns):
        left = edge + column * width
        _write(draw, (left, edge, left + width - edge, size[1] - edge), ink, rng)
    if rng.random() < 0.3:
        light = (cloud(rng, size, 2.0) * 90 + 165).astype(np.uint8)
        page = ImageChops.multiply(page, Image.fromarray(light).convert("RGB"))
    return page


def _screen(rng: random.Random, size: tuple[int, int], logos: Sequence[Image.Image]) -> Image.Image:
    """Draw a program's window: bars, panels, tables, charts, text."""
    paper = _paper(rng)
    screen = Image.new("RGB", size, paper)
    draw, ink = ImageDraw.Draw(screen), _ink_on(paper, rng)
    accent = _colour(rng)
    shade = tuple(max(0, level - 12) if level > 127 else level + 14 for level in paper)
    line = tuple((3 * p + i) // 4 for p, i in zip(paper, ink, strict=True))
    if rng.random() < 0.7:
        draw.rectangle((0, 0, size[0], rng.randint(8, 24)), fill=rng.choice((accent, shade, ink)))
    if rng.random() < 0.5:
        draw.rectangle((0, 0, size[0] // rng.randint(4, 6), size[1]), fill=shade)
    for _number in range(rng.randint(2, 9)):
        left, top = rng.randint(4, size[0] - 30), rng.randint(12, size[1] - 24)
        right = min(size[0] - 3, left + rng.randint(24, size[0]))
        bottom = min(size[1] - 3, top + rng.randint(16, size[1] // 2))
        draw.rounded_rectangle((left, top, right, bottom), 3, fill=paper, outline=line)
        kind = rng.random()
        if kind < 0.45:
            _write(draw, (left + 4, top + 3, right - 3, bottom - 2), ink, rng)
        elif kind < 0.65:
            for y in range(top, bottom, rng.randint(7, 13)):
                draw.line((left, y, right, y), fill=line)
                draw.text((left + 3, y), _words(rng, 2), ink, ImageFont.load_default(7))
        elif kind < 0.8:
            levels = [rng.uniform(top, bottom) for _ in range(max(2, (right - left) // 7))]
            points = [(left + 7 * i, level) for i, level in enumerate(levels)]
            draw.line(points, fill=accent, width=rng.choice((1, 2)))
        elif kind < 0.9 and logos:
            picture = rng.choice(logos).copy()
            picture.thumbnail((right - left, bottom - top))
            screen.paste(picture, (left, top))
        else:
            draw.rounded_rectangle((left, top, left + 28, top + 10), 3, fill=accent)
    return screen


def _sketch(rng: random.Random, size: tuple[int, int], _: object) -> Image.Image:
    """Draw what a pen does: thin wandering lines, some hatching, on paper."""
    paper = _paper(rng)
    sketch = Image.new("RGB", size, paper)
    draw, ink = ImageDraw.Draw(sketch), _ink_on(paper, rng)
    for _number in range(rng.randint(6, 60)):
        x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
        angle, points = rng.uniform(0, 6.28), [(x, y)]
        step, bend = rng.uniform(2, 10), rng.uniform(0.05, 0.8)
        for _step in range(rng.randint(4, 40)):
            angle += rng.gauss(0, bend)
            x, y = x + step * np.cos(angle), y + step * np.sin(angle)
            points.append((x, y))
        draw.line(points, fill=ink, width=rng.choice((1, 1, 1, 2)))
    return sketch


def _nothing(rng: random.Random, size: tuple[int, int], _: object) -> Image.Image:
    """Draw a plain area, noise, clouds, or one long gradient."""
    kind = rng.random()
    if kind < 0.3:
        return Image.new("RGB", size, rng.choice((_paper(rng), _colour(rng))))
    if kind < 0.6:
        noise = np.random.default_rng(rng.getrandbits(32))
        shape = (size[1], size[0], rng.choice((1, 3)))
        pixels = noise.normal(rng.uniform(60, 190), rng.uniform(4, 70), shape)
        return Image.fromarray(
            np.broadcast_to(pixels.clip(0, 255).astype(np.uint8), (*shape[:2], 3)).copy()
        )
    return _texture(rng, size)


def _collection(
    rng: random.Random, size: tuple[int, int], logos: Sequence[Image.Image]
) -> Image.Image:
    """Draw a sheet of many logos."""
    columns, rows = rng.randint(3, 8), rng.randint(2, 7)
    cell = max(12, min(size[0] // columns, size[1] // rows))
    sheet = Image.new("RGB", (columns * cell, rows * cell), _paper(rng))
    for place in range(columns * rows):
        logo = rng.choice(logos).copy()
        logo.thumbnail((cell - 3, cell - 3))
        sheet.paste(logo, (place % columns * cell + 2, place // columns * cell + 2))
    return sheet


_KINDS: tuple[Callable[..., Image.Image], ...] = (
    _photograph,
    _page,
    _screen,
    _sketch,
    _nothing,
    _photograph,
    _screen,
    _collection,
)
