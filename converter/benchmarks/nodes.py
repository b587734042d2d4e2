"""Counting the segments of an SVG: what a designer has to move when the drawing is changed."""

import math
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

_TOKEN = re.compile(r"[MmZzLlHhVvCcSsQqTtAa]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
# In an arc's arguments the two flags may stand without anything between them and the next number.
_ARC = re.compile(
    r"\s*,?\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)" * 3
    + r"\s*,?\s*([01])\s*,?\s*([01])"
    + r"\s*,?\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)" * 2
)
_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2}
_ROUND = 4  # a circle or an ellipse in curves; arcs count by the quarter turn likewise
_NEVER_DRAWN = {
    "clipPath", "defs", "filter", "linearGradient", "marker", "mask", "metadata", "pattern",
    "radialGradient", "symbol",
}  # fmt: skip
_XLINK = "{http://www.w3.org/1999/xlink}href"
_AT_MOST = 200_000  # uses of uses could grow without end


def count_nodes(svg: str) -> int:
    """Return how many segments an SVG's drawn shapes have.

    A line or a curve counts one, a circle or an ellipse four, a rectangle four, or eight with round
    corners, an arc one for each quarter turn: the same geometry counts the same, however it was
    written. A line that only closes a path where it began counts nothing.
    """
    root = ElementTree.fromstring(svg, forbid_dtd=False)
    named = {element.get("id"): element for element in root.iter() if element.get("id")}
    return min(_AT_MOST, sum(_element(element) for element in _drawn(root, named, 0)))


def _drawn(element: Element, named: dict, depth: int) -> Iterator[Element]:
    name = _name(element)
    if (name in _NEVER_DRAWN and depth == 0) or depth > 8:
        return
    if name == "use":
        target = named.get((element.get("href") or element.get(_XLINK) or "")[1:])
        if target is not None:
            yield from _drawn(target, named, depth + 1)
        return
    yield element
    for child in element:
        yield from _drawn(child, named, 0 if depth == 0 else depth)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _element(element: Element) -> int:
    name = _name(element)
    if name == "path":
        return count_segments(element.get("d", ""))
    if name in ("circle", "ellipse"):
        return _ROUND
    if name == "rect":
        return 8 if element.get("rx") or element.get("ry") else 4
    if name == "line":
        return 1
    if name in ("polyline", "polygon"):
        points = len(_TOKEN.findall(element.get("points", ""))) // 2
        return max(0, points - (name == "polyline"))
    return 0


def count_segments(data: str) -> int:
    """Return how many segments path data draws; broken data as far as it can be read."""
    return sum(_segments(data))


def _segments(data: str) -> Iterator[int]:
    """Yield what each command's arguments count."""
    at = start = 0j
    command, place = "", 0
    while match := _TOKEN.search(data, place):
        if match[0].isalpha():
            command, place = match[0], match.end()
            if command in "Zz":
                yield int(abs(at - start) > 1e-6 * (1 + abs(start)))
                at = start
                command = ""
            continue
        if not command:
            return
        relative = command.islower()
        origin = at if relative else 0j
        if command in "Aa":
            arc = _ARC.match(data, place)
            if not arc:
                return
            place = arc.end()
            end = origin + complex(float(arc[6]), float(arc[7]))
            yield _quarters(at, end, float(arc[1]), float(arc[2]), float(arc[3]), arc[4], arc[5])
            at = end
            continue
        count = _COUNTS[command.upper()]
        numbers = []
        while len(numbers) < count and (match := _TOKEN.search(data, place)):
            if match[0].isalpha():
                return
            numbers.append(float(match[0]))
            place = match.end()
        if len(numbers) < count:
            return
        end = _end(command, numbers, at, origin)
        if command in "Mm":
            start = end
            command = "l" if relative else "L"
        else:
            yield 1
        at = end


def _end(command: str, numbers: list[float], at: complex, origin: complex) -> complex:
    if command in "Hh":
        return complex(origin.real + numbers[0], at.imag)
    if command in "Vv":
        return complex(at.real, origin.imag + numbers[0])
    return origin + complex(*numbers[-2:])


def _quarters(
    start: complex, end: complex, rx: float, ry: float, degrees: float, large: str, sweep: str
) -> int:
    """Return how many quarter turns an arc has, as SVG's implementation notes compute it."""
    if start == end:
        return 0
    if not rx or not ry:
        return 1
    half = (
        (start - end)
        / 2
        * complex(math.cos(math.radians(degrees)), -math.sin(math.radians(degrees)))
    )
    half = complex(half.real / abs(rx), half.imag / abs(ry))
    angle = 2 * math.asin(min(1.0, abs(half)))
    if large == "1":
        angle = 2 * math.pi - angle
    return max(1, math.ceil(angle / (math.pi / 2) - 0.02))
