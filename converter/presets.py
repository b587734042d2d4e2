"""The tracer's settings for each type of logo, and why each value is what it is."""

from dataclasses import dataclass, replace

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
        noisy: the settings for uploads with the noise of JPEG; without, they are the same.
    """

    name: str
    summary: str
    settings: CurveSettings | VtracerSettings
    noisy: CurveSettings | None = None

    def settings_for(self, lossy: bool) -> CurveSettings | VtracerSettings:
        """Return the settings for an upload, by whether its format brings noise."""
        return self.noisy if lossy and self.noisy else self.settings


_FLAT = CurveSettings(
    trace_side=1024,
    flat_colours=8,
    merge_distance=20.0,
    gradient_error=0.0,
    patch_side=0.75,
    tolerance=0.15,
    corner_degrees=50,
    corner_arm=1.5,
)
_NOISE = {
    "merge_distance": 40.0,
    "patch_side": 2.0,
    "flat_error": 6.0,
    "snap": 7,
    "denoise_rounds": 3,
}

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "simple",
            "Few flat colours, long smooth curves.",
            _FLAT,
            replace(_FLAT, **_NOISE | {"denoise_rounds": 2, "outline_blur": 2.0}),
        ),
        Preset(
            "text",
            "Flat lettering: sharp corners, small counters kept.",
            _FLAT,
            replace(_FLAT, **_NOISE | {"denoise_rounds": 5}),
        ),
        Preset(
            "gradient",
            "Smooth tones as gradients, or as fine layers where no gradient fits.",
            replace(_FLAT, flat_colours=48, merge_distance=12.0, gradient_error=6.0),
            replace(
                _FLAT,
                flat_colours=48,
                **_NOISE | {"merge_distance": 24.0, "gradient_error": 9.0, "outline_blur": 2.0},
            ),
        ),
        Preset(
            "complex",
            "Many flat colours and fine detail.",
            replace(_FLAT, flat_colours=32),
            replace(_FLAT, flat_colours=32, **_NOISE),
        ),
        Preset(
            GENERAL,
            "A middle way for a logo whose type is not known.",
            replace(_FLAT, flat_colours=32, merge_distance=16.0, gradient_error=6.0),
            replace(
                _FLAT, flat_colours=32, **_NOISE | {"merge_distance": 32.0, "gradient_error": 9.0}
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
