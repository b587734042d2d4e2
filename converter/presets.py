"""The tracer's settings for each type of logo, and why each value is what it is."""

from dataclasses import dataclass, replace

from converter.vectorizer.settings import DrawingSettings

GENERAL = "general"
PLAIN = "plain"


@dataclass(frozen=True)
class VtracerSettings:
    """vtracer's settings, by vtracer's own names; its own defaults."""

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
    settings: DrawingSettings | VtracerSettings
    noisy: DrawingSettings | None = None

    def settings_for(self, lossy: bool) -> DrawingSettings | VtracerSettings:
        """Return the settings for an upload, by whether its format brings noise."""
        return self.noisy if lossy and self.noisy else self.settings


# Each comment says what a value is for.
_CLEAN = DrawingSettings(
    colours=36,
    merge_distance=12.0,  # nearer colours are one, with the mixed colours of its edges
    gradients=True,
    speckle=1.0,  # the dots of small letters are not much larger
    tolerance=0.05,  # a twentieth of a pixel: what coverage tells
    simplicity=60.0,  # more loses corners of small letters, less gives nodes that nobody sees
)
_NOISY = replace(  # JPEG: blocks and halos are no colours and no shapes
    _CLEAN,
    colours=32,
    merge_distance=32.0,
    speckle=4.0,
    noise=14.0,
    unexplained=60.0,
    snap=7,  # white and black are never quite so
    patch_price=5.0,  # ringing and blurred chroma make slivers of wrong paints
    denoise_rounds=2,  # or blocks become bands, where tones are smooth
    smoothing=0.7,  # shares agree with the JPEG; where they cannot, the tracer takes more
    tolerance=0.055,
)
# Where no tones are smooth, what looks like a gradient in a JPEG is noise; smoothed twice, it takes
# detail along.
_NOISY_FLAT = replace(_NOISY, gradients=False, denoise_rounds=1)
_NOISY_FEW = replace(_NOISY_FLAT, colours=8, merge_distance=55.0)

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "simple",
            "At most 8 flat colours; gradients become flat.",
            replace(_CLEAN, colours=8, merge_distance=20.0, gradients=False),
            _NOISY_FEW,
        ),
        Preset(
            "text",
            "As general; in a JPEG at most 8 flat colours, so that letters stay sharp.",
            _CLEAN,
            _NOISY_FEW,
        ),
        Preset("gradient", "As general.", _CLEAN, _NOISY),
        Preset(
            "complex",
            "As general; in a JPEG up to 48 flat colours, and noise is smoothed less.",
            _CLEAN,
            replace(_NOISY_FLAT, colours=48, merge_distance=36.0),
        ),
        Preset(
            GENERAL,
            "Gradients and up to 36 flat colours, for a logo whose type is not known.",
            _CLEAN,
            _NOISY,
        ),
        Preset(
            PLAIN,
            "The tracer vtracer with its own defaults: rough, but quick also on photographs.",
            VtracerSettings(),
        ),
    )
}
LOGO_TYPES = tuple(name for name in PRESETS if name not in (GENERAL, PLAIN))


def drawing_alike(preset: str, lossy: bool) -> set[str]:
    """Return the other presets whose settings are the same for such an upload.

    Args:
        preset: a preset's name.
        lossy: whether the upload's format brings noise.
    """
    settings = PRESETS[preset].settings_for(lossy)
    alike = {name for name, other in PRESETS.items() if other.settings_for(lossy) == settings}
    return alike - {preset}
