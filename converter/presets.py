"""The tracer's settings for each type of logo, and why each value is what it is."""

from dataclasses import dataclass

from converter.vectorizer.settings import CurveSettings

GENERAL = "general"
PLAIN = "plain"


@dataclass(frozen=True)
class VtracerSettings:
    """What vtracer is told, by vtracer's own names; its own defaults."""

    colormode: str = "color"
    hierarchical: str = "stacked"
    mode: str = "spline"
    filter_speckle: int = 4
    color_precision: int = 6
    layer_difference: int = 16
    corner_threshold: int = 60
    length_threshold: float = 4.0
    splice_threshold: int = 45
    path_precision: int = 2


@dataclass(frozen=True)
class Preset:
    """How a logo is traced.

    Attributes:
        name: what page, API and command line call it.
        summary: one line for people.
        settings: of the tracer; their class says which one.
    """

    name: str
    summary: str
    settings: CurveSettings | VtracerSettings


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "simple",
            "Few flat colours, long smooth curves.",
            CurveSettings(
                trace_side=1024,  # edges between flat colours gain from sub-pixel position
                flat_colours=8,  # five colours and a few spare for a ground and tints
                merge_distance=20.0,  # nearer colours are noise or anti-aliasing
                gradient_error=0.0,  # a flat logo has none: what looks like one is noise
                patch_side=0.75,  # smaller spots are noise
                tolerance=0.15,
                corner_degrees=50,
                corner_arm=1.5,
            ),
        ),
        Preset(
            "text",
            "Flat lettering: sharp corners, small counters kept.",
            CurveSettings(
                trace_side=1024,
                flat_colours=8,
                merge_distance=20.0,
                gradient_error=0.0,
                patch_side=0.75,
                tolerance=0.15,
                corner_degrees=50,
                corner_arm=1.5,
            ),
        ),
        Preset(
            "gradient",
            "Smooth tones as gradients, or as fine layers where no gradient fits.",
            CurveSettings(
                trace_side=1024,
                flat_colours=48,
                merge_distance=12.0,
                gradient_error=6.0,
                patch_side=0.75,
                tolerance=0.15,
                corner_degrees=50,
                corner_arm=1.5,
            ),
        ),
        Preset(
            "complex",
            "Many flat colours and fine detail.",
            CurveSettings(
                trace_side=1024,
                flat_colours=32,
                merge_distance=20.0,
                gradient_error=0.0,
                patch_side=0.75,
                tolerance=0.15,
                corner_degrees=50,
                corner_arm=1.5,
            ),
        ),
        Preset(
            GENERAL,
            "A middle way for a logo whose type is not known.",
            CurveSettings(
                trace_side=1024,
                flat_colours=32,
                merge_distance=16.0,
                gradient_error=6.0,
                patch_side=0.75,
                tolerance=0.15,
                corner_degrees=50,
                corner_arm=1.5,
            ),
        ),
        Preset(
            PLAIN,
            "The tracer vtracer with its own defaults: rough, but quick also on photographs.",
            VtracerSettings(),
        ),
    )
}
LOGO_TYPES = tuple(name for name in PRESETS if name not in (GENERAL, PLAIN))
