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


# Found by `tune_presets`, rounded; each comment says what a value is for.
_FLAT = CurveSettings(
    trace_side=1024,  # finer ones cost time and gain nothing on uploads of 256 px
    flat_colours=8,
    merge_distance=20.0,  # nearer colours are one, with the mixed colours of its edges
    gradient_error=0.0,  # no gradients
    patch_side=0.75,  # smaller ones are stairs of pixels, larger ones the dots of letters
    tolerance=0.15,  # a sixth of a pixel is not seen, and saves curves
    corner_degrees=50,
    corner_arm=1.5,  # the corners of small letters are that short
)
_NOISE = {  # of JPEG: blocks and halos are colours and patches of their own
    "merge_distance": 40.0,
    "patch_side": 2.0,
    "flat_error": 6.0,
    "snap": 7,  # white and black are never quite so
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
            # More smoothing would close small counters; merging more colours clears halos as well.
            replace(
                _FLAT,
                flat_colours=14,
                **_NOISE
                | {"merge_distance": 55.0, "denoise_rounds": 1, "outline_blur": 0.8}
                | {"tolerance": 0.1, "corner_degrees": 63},
            ),
        ),
        Preset(
            "gradient",
            "Smooth tones as gradients, or as fine layers where no gradient fits.",
            replace(_FLAT, flat_colours=40, merge_distance=8.0, gradient_error=12.0),
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
            # One round keeps detail; the longer arm tells corners from what noise does to edges.
            replace(
                _FLAT,
                flat_colours=62,
                **_NOISE
                | {"merge_distance": 50.0, "denoise_rounds": 1, "outline_blur": 1.8}
                | {"patch_side": 1.6, "tolerance": 0.2, "corner_degrees": 73, "corner_arm": 2.9},
            ),
        ),
        Preset(
            GENERAL,
            "A middle way for a logo whose type is not known.",
            replace(_FLAT, flat_colours=36, merge_distance=9.0, gradient_error=14.0),
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
