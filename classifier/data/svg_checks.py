"""What an SVG has to be to be rendered: small, flat, of its own shapes, and of a size."""

import io
import re

from defusedxml import ElementTree

MOST_BYTES = 2 * 2**20
MOST_DEPTH = 100  # renderers recurse, and a stack is small
_LONGEST_SIDES = 20  # times the short one
_FOREIGN = frozenset(("image", "feImage", "foreignObject", "script", "audio", "video", "iframe"))
_NUMBER = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")


class UnusableSvgError(ValueError):
    """An SVG that cannot be rendered to a logo. The message is a short reason."""


def size_of(svg: str) -> tuple[float, float]:
    """Return the width and height of an SVG that may be rendered.

    Raises:
        UnusableSvgError: if it is broken, too large or too deep, has no size, or holds or names
            something that is not its own.
    """
    if len(svg) > MOST_BYTES:
        raise UnusableSvgError("the SVG is too large")
    depth, root = 0, None
    try:
        for event, element in ElementTree.iterparse(io.StringIO(svg), events=("start", "end")):
            if event == "end":
                depth -= 1
                element.clear()
                continue
            depth += 1
            if root is None:
                root = dict(element.attrib)
            _check(element.tag, element.attrib, depth)
    except UnusableSvgError:
        raise
    except (ElementTree.ParseError, ValueError) as error:
        raise UnusableSvgError("broken SVG") from error
    return _size(root or {})


def _check(tag: str, attributes: dict[str, str], depth: int) -> None:
    if depth > MOST_DEPTH:
        raise UnusableSvgError("nested too deeply")
    if tag.rpartition("}")[2] in _FOREIGN:
        raise UnusableSvgError("embedded raster image")
    for name in _HREFS:
        if not attributes.get(name, "#").strip().startswith("#"):
            raise UnusableSvgError("a link to something outside the file")


def _size(root: dict[str, str]) -> tuple[float, float]:
    box = root.get("viewBox", "").replace(",", " ").split()
    sizes = box[2:4] if len(box) == 4 else [root.get("width", ""), root.get("height", "")]
    found = [match for size in sizes if (match := _NUMBER.match(size.strip()))]
    if len(found) < 2:
        raise UnusableSvgError("no size")
    width, height = (float(match.group()) for match in found)
    if min(width, height) <= 0 or max(width, height) / min(width, height) > _LONGEST_SIDES:
        raise UnusableSvgError("no size")
    return width, height
