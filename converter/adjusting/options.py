"""What can be adjusted of a preset: one table for the page, the API, batches and the command line.

An option that is not given keeps the preset's own value.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from converter.adjusting.ground import CHOICES, KEEP, GroundError, check_ground
from converter.adjusting.palette import PaletteError, read_changes, read_colours
from converter.presets import PRESETS, VtracerSettings
from converter.vectorizer.settings import DrawingSettings

_MIDDLE, _SPAN = 50, 4.0  # the detail of the preset itself, and what 0 and 100 are times that


class AdjustmentError(ValueError):
    """An option has a value that it cannot have.

    Attributes:
        option: its name.
    """

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option


@dataclass(frozen=True)
class Option:
    """One thing that can be adjusted.

    Attributes:
        name: what API and command line call it.
        label: what the page calls it.
        about: what it does, for people.
        kind: int, float or bool.
        low: least value; likewise `high`. None for a bool.
        step: between two positions of its control.
        unit: for people.
    """

    name: str
    label: str
    about: str
    kind: type
    low: float | None = None
    high: float | None = None
    step: float = 1
    unit: str = ""


OPTIONS: dict[str, Option] = {
    option.name: option
    for option in (
        Option(
            "colours", "Number of colours",
            "At most this many flat colours; gradients add their own.",
            int, 2, 64,
        ),
        Option(
            "detail", "Detail",
            "Higher follows the logo more closely, with more nodes; lower is simpler to edit; "
            "50 is the preset's.",
            int, 0, 100, 5,
        ),
        Option(
            "smoothing", "Smoothing",
            "Higher evens out ragged edges; lower keeps fine detail.",
            float, 0.3, 3.0, 0.1, "px",
        ),
        Option(
            "corners", "Corners",
            "Bends of less than this angle are rounded; sharper ones stay corners.",
            float, 5, 120, 1, "°",
        ),
        Option(
            "speckles", "Speckles", "Spots smaller than this area are left out.",
            float, 0, 200, 1, "px²",
        ),
        Option(
            "gradients", "Gradients", "On: smooth tones become gradients. Off: flat colours.", bool,
        ),
        Option(
            "shapes", "Shapes",
            "On: circles, ellipses and rectangles are kept as such. Off: all are paths.", bool,
        ),
    )
}  # fmt: skip

_OTHER_LABELS = {
    "ground": "Background", "palette": "Brand colours", "recolour": "Replaced colours",
}  # fmt: skip


@dataclass(frozen=True)
class Adjustments:
    """What a person changed of a preset. None and empty mean: as the preset says.

    Attributes:
        colours: see OPTIONS, likewise those that follow.
        ground: see `converter.adjusting.ground`.
        palette: colours, in text, of which each colour of the drawing becomes the nearest.
        recolour: pairs old:new of colours, in text, that are replaced at last.
    """

    colours: int | None = None
    detail: int | None = None
    smoothing: float | None = None
    corners: float | None = None
    speckles: float | None = None
    gradients: bool | None = None
    shapes: bool | None = None
    ground: str = KEEP
    palette: str = ""
    recolour: str = ""

    def __post_init__(self) -> None:
        """Refuse values out of range.

        Raises:
            AdjustmentError: naming the option and its range.
        """
        for option in OPTIONS.values():
            value = getattr(self, option.name)
            if value is None or option.kind is bool:
                continue
            if not option.low <= value <= option.high:
                # A whole number of any length is no float.
                told = f"{value:g}" if isinstance(value, float) else str(value)[:20]
                raise AdjustmentError(
                    option.name,
                    f"{option.name} is {told}; it must be from {option.low:g} to {option.high:g}.",
                )
        try:
            object.__setattr__(self, "ground", check_ground(self.ground or KEEP))
        except GroundError as error:
            raise AdjustmentError("ground", str(error)) from error
        for name, read in (("palette", read_colours), ("recolour", read_changes)):
            try:
                if getattr(self, name):
                    read(getattr(self, name))
            except PaletteError as error:
                raise AdjustmentError(name, str(error)) from error

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Adjustments":
        """Make adjustments of what a door took or a row stores; other names are left out.

        Raises:
            AdjustmentError: if a value is out of range.
        """
        names = {field.name for field in fields(cls)}
        return cls(**{n: v for n, v in values.items() if n in names and v is not None})

    def stored(self) -> dict[str, Any]:
        """Return what is not as the preset says, as JSON values."""
        default = asdict(Adjustments())
        return {name: value for name, value in asdict(self).items() if value != default[name]}

    def beyond(self, start: Mapping[str, Any]) -> "Adjustments":
        """Return what is left when values that a preset starts from anyway are taken away."""
        same = {name: None for name, value in start.items() if getattr(self, name) == value}
        return replace(self, **same)

    def told(self) -> list[tuple[str, str]]:
        """Return what is changed as people read it: labels as on the page, and values."""
        labels = {option.name: option.label for option in OPTIONS.values()} | _OTHER_LABELS
        words = {"True": "on", "False": "off"} | CHOICES
        return [
            (labels[name], words.get(str(value), str(value)))
            for name, value in self.stored().items()
        ]

    @property
    def traced(self) -> dict[str, Any]:
        """What takes a new trace when it changes: all but the colours."""
        return {n: v for n, v in self.stored().items() if n not in ("palette", "recolour")}


def starting_values(preset: str, lossy: bool) -> dict[str, Any]:
    """Return each option's value in a preset; none for a preset that cannot be adjusted.

    Args:
        preset: its name.
        lossy: whether the upload's format brings noise.
    """
    settings = PRESETS[preset].settings_for(lossy)
    if isinstance(settings, VtracerSettings):
        return {}
    return {
        "colours": settings.colours,
        "detail": _MIDDLE,
        "smoothing": settings.smoothing,
        "corners": settings.corner_degrees,
        "speckles": settings.speckle,
        "gradients": settings.gradients,
        "shapes": settings.shapes,
    }


def check_adjustable(preset: str, adjustments: Adjustments) -> None:
    """Refuse options that a preset would leave unheeded.

    Raises:
        AdjustmentError: naming the first of them.
    """
    if not preset or not isinstance(PRESETS[preset].settings, VtracerSettings):
        return
    for name in OPTIONS:
        if getattr(adjustments, name) is not None:
            raise AdjustmentError(
                name, f"The preset {preset} has no {name}: leave it out, or choose another preset."
            )


def adjusted(settings: DrawingSettings, adjustments: Adjustments) -> DrawingSettings:
    """Return the tracer's settings with what a person changed."""
    given = {
        "colours": adjustments.colours,
        "smoothing": adjustments.smoothing,
        "corner_degrees": adjustments.corners,
        "speckle": adjustments.speckles,
        "gradients": adjustments.gradients,
        "shapes": adjustments.shapes,
    }
    changed = {name: value for name, value in given.items() if value is not None}
    if adjustments.detail is not None:
        factor = _SPAN ** ((_MIDDLE - adjustments.detail) / _MIDDLE)
        changed["simplicity"] = settings.simplicity * factor
        changed["tolerance"] = settings.tolerance * factor
    return replace(settings, **changed)


AS_PRESET = Adjustments()
