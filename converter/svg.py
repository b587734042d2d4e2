"""Rebuilding the tracer's SVG from an allow-list, small and safe.

Nothing is copied over as it is: path commands are parsed to numbers and written anew, fills have to
be plain colours. What is not a filled path cannot get through, so no script or reference can.
"""

import re
from dataclasses import dataclass

from defusedxml import ElementTree

_PATH = "{http://www.w3.org/2000/svg}path"
_COMMAND = re.compile(r"([MLCZ])([^A-Za-z]*)")
_ALLOWED_DATA = re.compile(r"[MLCZ0-9eE+\-.,\s]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_TRANSLATE = re.compile(r"translate\((-?[\d.]+)[ ,](-?[\d.]+)\)")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_DECIMALS = 1
_UNIT = 10**_DECIMALS


class UnsafeSvgError(Exception):
    """The SVG holds something other than plain filled paths."""


@dataclass(frozen=True)
class Drawing:
    """A finished SVG and what it consists of."""

    svg: str
    path_count: int
    colour_count: int

    @property
    def byte_count(self) -> int:
        """Size of the file."""
        return len(self.svg.encode())


def rebuild(traced: bytes, traced_size: tuple[int, int, int], size: tuple[int, int]) -> Drawing:
    """Write an SVG anew from the paths of the tracer's.

    Args:
        traced: the tracer's SVG.
        traced_size: width, height and frame of the image that was traced, in pixels.
        size: the logo's own width and height, in pixels, as the file's default size.

    Raises:
        UnsafeSvgError: if a path has an unknown command, transform or fill.
    """
    width, height, frame = traced_size
    paths: list[tuple[str, str]] = []
    for element in ElementTree.fromstring(traced, forbid_dtd=True).iter(_PATH):
        fill = _fill(element.get("fill", ""))
        data = _data(element.get("d", ""), _offset(element.get("transform", ""), frame))
        if paths and paths[-1][0] == fill:
            # Neighbours of one colour become one path: they are painted one after the other anyway.
            paths[-1] = (fill, paths[-1][1] + data)
        elif data:
            paths.append((fill, data))
    body = "".join(f'<path fill="{fill}" d="{data}"/>' for fill, data in paths)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {width} {height}">{body}</svg>\n'
    )
    return Drawing(svg, len(paths), len({fill for fill, _ in paths}))


def _fill(value: str) -> str:
    if not _COLOUR.fullmatch(value):
        raise UnsafeSvgError(f"A fill is not a plain colour: {value[:40]!r}.")
    value = value.lower()
    short = value[1] == value[2] and value[3] == value[4] and value[5] == value[6]
    return f"#{value[1]}{value[3]}{value[5]}" if short else value


def _offset(transform: str, frame: int) -> tuple[float, float]:
    if not transform:
        return -frame, -frame
    match = _TRANSLATE.fullmatch(transform)
    if not match:
        raise UnsafeSvgError(f"A path has an unknown transform: {transform[:40]!r}.")
    return float(match[1]) - frame, float(match[2]) - frame


def _data(data: str, offset: tuple[float, float]) -> str:
    """Write absolute path data anew with relative commands, moved by an offset."""
    if not _ALLOWED_DATA.fullmatch(data):
        raise UnsafeSvgError("A path has an unknown command.")
    parts: list[str] = []
    at = start = (0, 0)
    shift = (offset[0] * _UNIT, offset[1] * _UNIT)
    for command, numbers in _COMMAND.findall(data):
        if command == "Z":
            parts.append("z")
            at = start
            continue
        values = [float(number) for number in _NUMBER.findall(numbers)]
        # Whole units of the last decimal: relative steps then add up without rounding errors.
        points = [
            (round(x * _UNIT + shift[0]), round(y * _UNIT + shift[1]))
            for x, y in zip(values[::2], values[1::2], strict=True)
        ]
        written, at = _steps(command, points, at)
        parts.append(written)
        if command == "M":
            start = at
    return "".join(parts)


def _steps(
    command: str, points: list[tuple[int, int]], at: tuple[int, int]
) -> tuple[str, tuple[int, int]]:
    """Write one command's points, absolute for M, relative otherwise. Returns the new position."""
    group = 3 if command == "C" else 1
    numbers: list[int] = []
    for index, (x, y) in enumerate(points):
        origin = (0, 0) if command == "M" else at
        numbers += [x - origin[0], y - origin[1]]
        if index % group == group - 1:
            at = (x, y)
    letter = "M" if command == "M" else command.lower()
    return letter + _join(numbers), at


def _join(numbers: list[int]) -> str:
    """Write whole units as decimals with as few characters as path data needs."""
    written = ""
    for number in numbers:
        text = f"{number / _UNIT:.{_DECIMALS}f}".rstrip("0").rstrip(".")
        text = text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
        written += text if not written or text.startswith("-") else f" {text}"
    return written
