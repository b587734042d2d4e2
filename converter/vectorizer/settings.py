"""What can be set on the tracer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CurveSettings:
    """How a logo becomes regions and curves. Lengths are in pixels of the upload.

    Attributes:
        trace_side: long side, in pixels, of the enlarged image on which regions are found.
        flat_colours: at most this many flat colours.
        merge_distance: flat colours nearer than this, in RGB, become one.
        gradient_error: RGB distance up to which a gradient stands for smooth tones; 0: never.
        patch_side: patches smaller than a square of this side become part of what is around them.
        tolerance: how far a curve may be from the outline.
        corner_degrees: a bend of more than this is a corner.
        corner_arm: length along the outline over which a bend is measured.
        flat_error: RGB spread up to which a smooth part counts as one colour, not as a gradient.
        snap: channels of flat colours this near to 0 or 255 become 0 or 255.
        outline_blur: sigma, in pixels of the enlarged image, that turns stairs of pixels into
            smooth outlines.
        denoise_rounds: how often noise between edges is smoothed before tracing.
    """

    trace_side: int
    flat_colours: int
    merge_distance: float
    gradient_error: float
    patch_side: float
    tolerance: float
    corner_degrees: float
    corner_arm: float
    flat_error: float = 2.5
    snap: int = 0
    outline_blur: float = 1.0
    denoise_rounds: int = 0

    def __post_init__(self) -> None:
        """Refuse values with which tracing makes no sense or takes for ever.

        Raises:
            ValueError: naming the setting and its range.
        """
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}; it must be from {low} to {high}.")


RANGES = {
    "trace_side": (64, 2048),
    "flat_colours": (2, 64),
    "merge_distance": (4.0, 100.0),
    "gradient_error": (0.0, 30.0),
    "patch_side": (0.0, 16.0),
    "tolerance": (0.02, 2.0),
    "corner_degrees": (10, 170),
    "corner_arm": (0.5, 8.0),
    "outline_blur": (0.3, 6.0),
    "denoise_rounds": (0, 8),
}
