"""Twins of training logos: the same shapes with gradients in place of flat colours, or without.

They teach that smooth tones make a gradient, whatever the shape. Twins are training images only:
they belong to no split and to no dataset's fingerprint, which they follow from.
"""

import colorsys
import json
import random
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from os import cpu_count

import numpy as np
from PIL import Image, ImageColor

from classifier.data.gradients import flatten_gradients
from classifier.data.labels import GRADIENT_SHARE, label_of
from classifier.data.measures import measure
from classifier.data.rendering import UnusableSvgError, render, view_box, with_colour
from classifier.logo_types import AMBIGUOUS, LogoType
from classifier.models import Dataset, Sample

_INDEX = "index-3.json"  # its number changes when twins are made otherwise
_SHARE_OF_FLAT = 0.5  # of the flat logos get a twin with gradients
_SHARE_OF_TEXT = 0.75  # and of those that are lettering: few real gradient logos are
_ACROSS_SHARE = 0.5  # of the gradients run across the whole drawing, not each shape by itself
_RADIAL_SHARE = 0.25
_CHUNK = 64
_DIRECTIONS = ((1, 0), (0, 1), (1, 1), (0.7, 0.3))
_PAINT = re.compile(r"""((?:fill|stroke)\s*(?:=\s*["']|:)\s*)(#[0-9a-fA-F]{3,6}|[a-z]+)\b""")
_SVG_TAG = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_WIDE = 1.6  # by aspect: a gradient logo this wide may be lettering, which nobody looked for


@dataclass(frozen=True)
class Twin:
    """An image beside a dataset's own. `path` is relative to the dataset's folder."""

    path: str
    label: str
    background: str


def training_twins(
    dataset: Dataset, on_progress: Callable[[float], None] = lambda share: None
) -> list[Twin]:
    """Return the twins of a dataset's training logos, made now or before.

    `on_progress` hears of the share done, 0 to 1; what it raises ends the making, which then
    starts anew the next time.
    """
    index = dataset.folder / "twins" / _INDEX
    if not index.exists():
        index.parent.mkdir(exist_ok=True)
        twins = [asdict(twin) for twin in _make(dataset, on_progress)]
        draft = index.with_suffix(".partial")
        draft.write_text(json.dumps(twins))
        draft.replace(index)
    return [Twin(**values) for values in json.loads(index.read_text())]


def _make(dataset: Dataset, on_progress: Callable[[float], None]) -> Iterator[Twin]:
    logos = dataset.samples.filter(split=Sample.Split.TRAIN).exclude(label=AMBIGUOUS)
    samples = list(logos.exclude(source_path="").select_related("dataset"))
    with ThreadPoolExecutor(cpu_count()) as pool:
        for start in range(0, len(samples), _CHUNK):
            on_progress(start / len(samples))
            yield from filter(None, pool.map(_twin_of, samples[start : start + _CHUNK]))


def _twin_of(sample: Sample) -> Twin | None:
    """Draw and keep a logo's twin, if it has one; what becomes of it depends on the logo alone."""
    rng = random.Random(sample.sha256)
    svg = with_colour(sample.vector_file.read_text())
    try:
        if sample.label == LogoType.GRADIENT:
            twin = _without_gradients(svg)
        else:
            share = _SHARE_OF_TEXT if sample.label == LogoType.TEXT else _SHARE_OF_FLAT
            twin = _with_gradients(svg, rng) if rng.random() < share else None
    except UnusableSvgError:
        return None
    if twin is None:
        return None
    image, label = twin
    path = f"twins/{sample.sha256}.png"
    Image.fromarray(image).save(sample.dataset.folder / path)
    return Twin(path, label, sample.background)


def _with_gradients(svg: str, rng: random.Random) -> tuple[np.ndarray, str] | None:
    """Return the image, uint8 RGBA, and label of a logo with gradients, if they show."""
    changed = add_gradients(svg, rng)
    image = render(changed)
    visible = measure(changed, image).gradient_share >= GRADIENT_SHARE
    return (image, str(LogoType.GRADIENT)) if visible else None


def _without_gradients(svg: str) -> tuple[np.ndarray, str] | None:
    """Return the image, uint8 RGBA, and label of a logo made flat, if its type is plain."""
    flat = flatten_gradients(svg)
    image = render(flat)
    measures = measure(flat, image)
    if measures.aspect > _WIDE or measures.blur or measures.gradient_share:
        return None
    label = label_of(measures, 0.0, wordmark=False)
    return None if label == AMBIGUOUS else (image, label)


def add_gradients(svg: str, rng: random.Random) -> str:
    """Return SVG text with one or more of its plain colours replaced by gradients."""
    colours = sorted({_hex(found[1]) for found in _PAINT.findall(svg)} - {""})
    if not colours:  # the whole drawing has the default colour
        svg = re.sub(r"<svg\b", '<svg fill="#000000"', svg, count=1)
        colours = ["#000000"]
    chosen = rng.sample(colours, rng.randint(1, len(colours)))
    names = {colour: f"twin{number}" for number, colour in enumerate(chosen)}

    def paint(match: re.Match) -> str:
        name = names.get(_hex(match[2]))
        return f"{match[1]}url(#{name})" if name else match[0]

    body = _PAINT.sub(paint, svg)
    box = view_box(svg) if rng.random() < _ACROSS_SHARE else None
    gradients = "".join(_gradient(name, colour, rng, box) for colour, name in names.items())
    return _SVG_TAG.sub(lambda tag: f"{tag[0]}<defs>{gradients}</defs>", body, count=1)


def _hex(colour: str) -> str:
    """Return "#rrggbb", or an empty string for what is not a colour."""
    try:
        return "#{:02x}{:02x}{:02x}".format(*ImageColor.getrgb(colour)[:3])
    except ValueError:
        return ""


def _gradient(
    name: str, colour: str, rng: random.Random, box: tuple[float, ...] | None = None
) -> str:
    """Return a gradient around a colour: across a box (x, y, width, height), or each shape's."""
    first, second = _neighbours(colour, rng)
    stops = f'<stop stop-color="{first}"/><stop offset="1" stop-color="{second}"/>'
    if box:
        x, y = rng.choice(_DIRECTIONS)
        left, top, width, height = box
        ends = f'x1="{left:g}" y1="{top:g}" x2="{left + x * width:g}" y2="{top + y * height:g}"'
        shape = f'id="{name}" gradientUnits="userSpaceOnUse" {ends}'
        return f"<linearGradient {shape}>{stops}</linearGradient>"
    if rng.random() < _RADIAL_SHARE:
        x, y, radius = (rng.uniform(*limits) for limits in ((0.2, 0.8), (0.2, 0.8), (0.5, 0.9)))
        shape = f'id="{name}" cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}"'
        return f"<radialGradient {shape}>{stops}</radialGradient>"
    x, y = rng.choice(_DIRECTIONS)
    shape = f'id="{name}" x1="0" y1="0" x2="{x}" y2="{y}"'
    return f"<linearGradient {shape}>{stops}</linearGradient>"


def _neighbours(colour: str, rng: random.Random) -> tuple[str, str]:
    """Return two colours of a gradient around a colour: of other hues, or lighter and darker."""
    red, green, blue = (value / 255 for value in ImageColor.getrgb(colour))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    turn, step = rng.uniform(0.03, 0.2), rng.uniform(0.05, 0.22)
    ends = []
    for sign in rng.sample((-1, 1), 2):
        light = min(max(lightness, 0.2), 0.8) + sign * step
        values = colorsys.hls_to_rgb((hue + sign * turn) % 1, light, saturation)
        ends.append("#" + "".join(f"{round(value * 255):02x}" for value in values))
    return ends[0], ends[1]
