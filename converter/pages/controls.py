"""The controls beside a drawing: what they start from and stand at, and its colours."""

from dataclasses import asdict
from typing import Any

from converter.adjusting import ground
from converter.adjusting.options import OPTIONS, Adjustments, starting_values
from converter.adjusting.palette import palette_of
from converter.models import Conversion
from converter.outputs.picture import UnreadablePictureError

_PALETTE_BYTES = 400_000  # of a drawing whose colours are listed: larger ones take too long


def controls(found: Conversion) -> dict[str, Any]:
    """Return what the page shows of the adjustments; nothing for a preset without any."""
    start = starting_values(found.preset, found.lossy)
    if not start:
        return {}
    given = Adjustments.of(found.adjustments)
    options = [
        {
            **asdict(option),
            "is_bool": option.kind is bool,
            "start": start[option.name],
            "value": start[option.name]
            if getattr(given, option.name) is None
            else getattr(given, option.name),
        }
        for option in OPTIONS.values()
    ]
    coloured = given.ground not in ground.CHOICES
    return {
        "options": options,
        "grounds": ground.CHOICES.items(),
        "ground": given.ground,
        "ground_colour": given.ground if coloured else "#ffffff",
        "ground_is_colour": coloured,
        "palette_text": given.palette,
        "recolour": given.recolour,
        "swatches": swatches(found),
        "changed": bool(found.adjustments),
    }


def swatches(found: Conversion) -> list[dict[str, Any]]:
    """Return the colours of a drawing with their shares; none for one that is too large."""
    if found.svg_bytes > _PALETTE_BYTES:
        return []
    try:
        return [asdict(swatch) for swatch in palette_of(found.read_svg())]
    except UnreadablePictureError:
        return []
