"""Adjustments at work: on the logo, on the preset, and on what was drawn."""

from dataclasses import replace

from converter.adjusting.ground import KEEP, with_ground
from converter.adjusting.options import Adjustments, adjusted
from converter.adjusting.palette import (
    colours_in,
    read_changes,
    read_colours,
    recolour_in_turn,
    snapped,
)
from converter.images import Logo
from converter.presets import Preset, VtracerSettings
from converter.svg import Drawing


def adjusted_logo(logo: Logo, adjustments: Adjustments) -> Logo:
    """Return what is traced: the logo with its ground as chosen."""
    return logo if adjustments.ground == KEEP else with_ground(logo, adjustments.ground)


def adjusted_preset(preset: Preset, lossy: bool, adjustments: Adjustments) -> Preset:
    """Return a preset with the tracer's settings as adjusted; vtracer has none of them."""
    settings = preset.settings_for(lossy)
    if isinstance(settings, VtracerSettings):
        return preset
    return replace(preset, settings=adjusted(settings, adjustments), noisy=None)


def adjusted_drawing(drawing: Drawing, adjustments: Adjustments) -> Drawing:
    """Return a drawing in the colours that were chosen."""
    svg = drawing.svg
    if adjustments.palette:
        svg = snapped(svg, read_colours(adjustments.palette))
    svg = recolour_in_turn(svg, read_changes(adjustments.recolour))
    if svg == drawing.svg:
        return drawing
    return replace(drawing, svg=svg, colour_count=len(colours_in(svg)))


def recoloured(svg: str, earlier: Adjustments, now: Adjustments) -> str | None:
    """Return a drawing that was made with `earlier` as `now` wants it, if colours are all it takes.

    None if it has to be traced again, such as where a change of colours is taken back.
    """
    before, after = read_changes(earlier.recolour), read_changes(now.recolour)
    if now.traced != earlier.traced or after[: len(before)] != before:
        return None
    if now.palette != earlier.palette:
        if earlier.palette or earlier.recolour:
            return None
        svg = snapped(svg, read_colours(now.palette))
    return recolour_in_turn(svg, after[len(before) :])
