"""How much of a drawing is smooth colour, measured in its vector source."""

import re
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from PIL import ImageColor

_HREF = "{http://www.w3.org/1999/xlink}href"
_BLUR = re.compile(r"<(\w+:)?(feGaussianBlur|feDropShadow)\b")


def has_blur(svg: str) -> bool:
    """Whether the drawing uses a blur or a soft shadow."""
    return bool(_BLUR.search(svg))


def flatten_gradients(svg: str) -> str:
    """Return the SVG text with every gradient paint replaced by the mean colour of its stops."""
    for name, colour in _gradient_colours(svg).items():
        svg = re.sub(rf"url\(\s*['\"]?#{re.escape(name)}['\"]?\s*\)", colour, svg)
    return svg


def _gradient_colours(svg: str) -> dict[str, str]:
    """Each gradient's id with the mean of its stops, following references between gradients."""
    gradients = {
        element.get("id"): element
        for element in ElementTree.fromstring(svg).iter()
        if element.tag.endswith("Gradient") and element.get("id")
    }
    colours = {}
    for name, element in gradients.items():
        seen = set()
        while not _stops(element) and name not in seen:
            seen.add(name)
            reference = (element.get(_HREF) or element.get("href") or "").lstrip("#")
            element = gradients.get(reference, element)
        colours[name] = _mean(_stops(element))
    return colours


def _stops(gradient: Element) -> list[tuple[int, ...]]:
    return [_colour(child) for child in gradient if child.tag.endswith("stop")]


def _colour(stop: Element) -> tuple[int, ...]:
    style = re.search(r"stop-color:\s*([^;]+)", stop.get("style", ""))
    text = style.group(1).strip() if style else stop.get("stop-color", "#000")
    try:
        return ImageColor.getrgb(text)[:3]
    except ValueError:
        return (0, 0, 0)


def _mean(stops: list[tuple[int, ...]]) -> str:
    if not stops:
        return "#000000"
    channels = zip(*stops, strict=True)
    return "#" + "".join(f"{round(sum(channel) / len(stops)):02x}" for channel in channels)
