"""What can be set on the tracer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DrawingSettings:
    """How a logo becomes paints and curves. Lengths are in pixels of the upload.

    Attributes:
        colours: at most this many flat colours.
        merge_distance: flat colours nearer than this, in RGB, become one.
        gradients: whether smooth tones become gradients.
        gradient_error: RGB distance that a gradient may leave, on average.
        speckle: patches smaller than this, in square pixels, become part of what is around them.
        tolerance: how far, on average, a curve may be from the outline.
        smoothing: sigma by which coverage is softened before outlines are taken from it.
        corner_degrees: a bend of less than this is no corner.
        simplicity: what one more node has to gain; more gives fewer nodes.
        shapes: whether circles, ellipses and rectangles become such.
        noise: RGB distance by which the pixels of one paint may differ from it.
        unexplained: RGB distance from any mixture of known paints from which there must be another.
        snap: channels of flat colours this near to 0 or 255 become 0 or 255.
        patch_price: squared noises that each pixel of a patch's outline has to explain, lest the
            patch becomes part of what is around it; 0 keeps all patches.
        denoise_rounds: how often noise between edges is smoothed before paints are found.
    """

    colours: int = 32
    merge_distance: float = 20.0
    gradients: bool = True
    gradient_error: float = 8.0
    speckle: float = 1.0
    tolerance: float = 0.05
    smoothing: float = 0.6
    corner_degrees: float = 22.0
    simplicity: float = 30.0
    shapes: bool = True
    noise: float = 5.0
    unexplained: float = 25.0
    snap: int = 0
    patch_price: float = 0.0
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


RANGES: dict[str, tuple[float, float]] = {
    "colours": (2, 64),
    "merge_distance": (4.0, 100.0),
    "gradient_error": (1.0, 30.0),
    "speckle": (0.0, 200.0),
    "tolerance": (0.01, 2.0),
    "smoothing": (0.3, 3.0),
    "corner_degrees": (5.0, 120.0),
    "simplicity": (1.0, 1000.0),
    "noise": (1.0, 60.0),
    "unexplained": (5.0, 200.0),
    "snap": (0, 20),
    "patch_price": (0.0, 50.0),
    "denoise_rounds": (0, 6),
}
