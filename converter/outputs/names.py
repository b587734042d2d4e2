"""Plain words for colours, as names of groups and layers."""

import colorsys

from converter.outputs.picture import Colour

# Hues in degrees, up to which a name holds.
_HUES = (
    (14, "red"), (42, "orange"), (68, "yellow"), (160, "green"), (195, "cyan"), (255, "blue"),
    (290, "purple"), (345, "pink"), (361, "red"),
)  # fmt: skip


def colour_name(colour: Colour) -> str:
    """Return a word or two for a colour, such as "dark blue"."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in colour))
    if lightness > 0.97:
        return "white"
    if lightness < 0.06:
        return "black"
    shade = "light " if lightness > 0.75 else "dark " if lightness < 0.3 else ""
    if saturation < 0.12:
        return f"{shade}gray"
    return shade + next(name for limit, name in _HUES if hue * 360 < limit)
