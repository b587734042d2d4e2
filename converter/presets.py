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
    merge_distance=20.0,  # nearer colours are one, with the mixed colours of its edges
    gradients=False,
    speckle=1.0,  # the dots of small letters are not much larger
    tolerance=0.05,  # a twentieth of a pixel: what coverage tells
    simplicity=60.0,  # more loses corners of small letters, less gives nodes that nobody sees
)
_NOISY = replace(  # JPEG: blocks and halos are no colours and no shapes
    _CLEAN,
    merge_distance=40.0,
    speckle=4.0,
    noise=14.0,
    unexplained=60.0,
    snap=7,  # white and black are never quite so
    patch_price=5.0,  # ringing and blurred chroma make slivers of wrong paints
    denoise_rounds=2,
    smoothing=0.7,  # shares agree with the JPEG; where they cannot, the tracer takes more
    tolerance=0.055,
)

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "simple",
            "At most 8 flat colours; gradients become flat.",
            replace(_CLEAN, colours=8),
            replace(_NOISY, colours=8),
        ),
        Preset(
            "text",
            "As simple; in a JPEG, colours are joined sooner and noise is smoothed less, so that "
            "letters stay sharp.",
            replace(_CLEAN, colours=8),
            replace(_NOISY, colours=8, merge_distance=55.0, denoise_rounds=1),
        ),
        Preset(
            "gradient",
            "Smooth tones become gradients, or fine layers where no gradient fits.",
            replace(_CLEAN, colours=40, merge_distance=10.0, gradients=True),
            replace(_NOISY, colours=48, merge_distance=24.0, gradients=True),
        ),
        Preset(
            "complex",
            "Up to 48 flat colours; gradients become layers. In a JPEG, noise is smoothed less.",
            replace(_CLEAN, colours=48),
            replace(_NOISY, colours=48, merge_distance=36.0, denoise_rounds=1),
        ),
        Preset(
            GENERAL,
            "Gradients and up to 36 flat colours, for a logo whose type is not known.",
            replace(_CLEAN, colours=36, merge_distance=12.0, gradients=True),
            replace(_NOISY, colours=32, merge_distance=32.0, gradients=True),
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
