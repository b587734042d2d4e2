"""What a drawing consists of, counted in its text."""

import math
import re
from dataclasses import dataclass

_SHAPE = re.compile(r"<(?:circle|ellipse|rect)\b")
_PATH = re.compile(r'<path\b[^>]*? d="([^"]*)"')
_COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
# Of each relative command: how many numbers it takes, and which of them lead to its end.
_STEPS = {"l": (2, 0, 1), "h": (1, 0, None), "v": (1, None, 0), "c": (6, 4, 5), "a": (7, 5, 6)}
_SAME = 1e-6  # px between two places that are one


@dataclass(frozen=True)
class Counts:
    """What there is in a drawing.

    Attributes:
        paths: elements with outlines of their own.
        shapes: circles, ellipses and rectangles.
        nodes: points of the paths where pieces of outlines meet.
    """

    paths: int
    shapes: int
    nodes: int


def counts_of(svg: str) -> Counts:
    """Count what a drawing of ours consists of."""
    paths = _PATH.findall(svg)
    return Counts(len(paths), len(_SHAPE.findall(svg)), sum(map(_nodes, paths)))


def _nodes(data: str) -> int:
    """Count the nodes of path data; an outline that ends where it starts has one there."""
    count = 0
    x = y = 0.0  # from the start of the outline
    for command, text in _COMMAND.findall(data):
        if command in "Zz":
            count -= math.hypot(x, y) < _SAME
            continue
        numbers = [float(number) for number in _NUMBER.findall(text)]
        if command == "M":
            count, x, y = count + 1, 0.0, 0.0
        if command not in _STEPS:
            continue
        size, across, down = _STEPS[command]
        count += len(numbers) // size
        x += sum(numbers[across::size]) if across is not None else 0
        y += sum(numbers[down::size]) if down is not None else 0
    return count
