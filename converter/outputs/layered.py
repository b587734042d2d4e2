"""A layered SVG: one named group for each colour, as editors and cutters show them."""

from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from defusedxml.ElementTree import fromstring

from converter.outputs.names import colour_name
from converter.outputs.picture import Gradient, Part, Picture, read_picture

_NAMESPACE = "http://www.w3.org/2000/svg"
_EDITOR = "http://www.inkscape.org/namespaces/inkscape"
_SEPARATE = 0.5  # pixels by which two boxes may touch without one hiding the other


def write_layered(svg: str) -> str:
    """Return an SVG of our own with its shapes in groups, one for each colour.

    It looks the same: a shape joins the group of its colour below unless something that was painted
    in between may lie over it. Then the colour gets a second group. Editors take the groups for
    layers by Inkscape's convention.

    Raises:
        UnreadablePictureError: if it holds anything that the converter does not write.
    """
    picture = read_picture(svg)
    root = fromstring(svg, forbid_dtd=True)
    elements = [element for element in root if element.tag.rpartition("}")[2] != "defs"]
    if len(elements) != len(picture.parts):
        return svg  # groups of the drawing's own, which stay as they are
    ElementTree.register_namespace("", _NAMESPACE)
    body = "".join(
        f'<g id={quoteattr(name.replace(" ", "-"))} inkscape:groupmode="layer" '
        f"inkscape:label={quoteattr(name)}>"
        + "".join(_written(elements[index]) for index in members)
        + "</g>\n"
        for name, members in _groups(picture)
    )
    defs = "".join(_written(e) for e in root if e.tag.rpartition("}")[2] == "defs")
    size = " ".join(
        f"{name}={quoteattr(root.get(name))}" for name in ("width", "height", "viewBox")
    )
    return f'<svg xmlns="{_NAMESPACE}" xmlns:inkscape="{_EDITOR}" {size}>{defs}\n{body}</svg>\n'


def _groups(picture: Picture) -> list[tuple[str, list[int]]]:
    """Return the groups in painting order: a name and the numbers of its parts."""
    groups: list[tuple[str, list[int]]] = []
    for index, part in enumerate(picture.parts):
        key = _key(part)
        for group in reversed(groups):
            if _key(picture.parts[group[1][0]]) == key:
                group[1].append(index)
                break
            if any(_may_overlap(picture.parts[other], part) for other in group[1]):
                groups.append(("", [index]))
                break
        else:
            groups.append(("", [index]))
    names: dict[str, int] = {}
    named = []
    for _, members in groups:
        name = _name(picture.parts[members[0]])
        names[name] = names.get(name, 0) + 1
        named.append((f"{name} {names[name]}" if names[name] > 1 else name, members))
    return named


def _key(part: Part) -> object:
    return "gradient" if isinstance(part.fill, Gradient) else part.colour


def _name(part: Part) -> str:
    if isinstance(part.fill, Gradient):
        return "gradients"
    return f"{colour_name(part.colour)} " + "{:02x}{:02x}{:02x}".format(*part.colour)


def _may_overlap(first: Part, second: Part) -> bool:
    left, top, right, bottom = first.bounds
    other_left, other_top, other_right, other_bottom = second.bounds
    return (
        min(right, other_right) - max(left, other_left) > -_SEPARATE
        and min(bottom, other_bottom) - max(top, other_top) > -_SEPARATE
    )


def _written(element: ElementTree.Element) -> str:
    text = ElementTree.tostring(element, encoding="unicode").strip()
    return text.replace(f' xmlns="{_NAMESPACE}"', "")
