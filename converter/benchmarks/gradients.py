"""Where a picture is painted with gradients."""

import re
from xml.etree.ElementTree import Element, tostring

import numpy as np
from defusedxml import ElementTree

from converter.benchmarks.rendering import Size, render

_STOP = "{http://www.w3.org/2000/svg}stop"
_STOP_COLOUR = re.compile(r"stop-color\s*:[^;]*;?")
_SIDE = 128  # enough for a share of the area
_SEEN = 8


def gradient_area(svg: str, size: Size) -> np.ndarray:
    """Return where gradients show: bool [H, W] at 128 px for the long side.

    The file is rendered with every stop of its gradients in one colour, and in another: what
    changes is painted by a gradient.

    Raises:
        RenderingError: if it cannot be rendered.
    """
    scale = min(1.0, _SIDE / max(size))
    small = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    if "radient" not in svg:
        return np.zeros(small[::-1], bool)
    first, second = (render(_with_stops(svg, colour), small) for colour in ("#000", "#fff"))
    return (np.abs(first.astype(int) - second) > _SEEN).any(axis=2)


def _with_stops(svg: str, colour: str) -> str:
    root = ElementTree.fromstring(svg, forbid_dtd=False)
    for gradient in root.iter():
        stops = gradient.findall(_STOP)
        if _varies(stops):
            for stop in stops:
                stop.set("style", _STOP_COLOUR.sub("", stop.get("style", "")))
                stop.set("stop-color", colour)
    return tostring(root, "unicode")


def _varies(stops: list[Element]) -> bool:
    """Tell whether stops differ in anything but their place: otherwise they paint one colour."""
    paints = {
        (stop.get("stop-color"), stop.get("stop-opacity"), stop.get("style"), stop.get("class"))
        for stop in stops
    }
    return len(paints) > 1
