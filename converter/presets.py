"""The tracer's settings for each type of logo, and why each value is what it is."""

from dataclasses import dataclass

GENERAL = "general"


@dataclass(frozen=True)
class Preset:
    """How a logo is prepared and traced.

    Attributes:
        name: what page, API and command line call it.
        summary: one line for people.
        flat_colours: at most this many flat colours; 0 keeps every tone.
        merge_distance: flat colours nearer than this, in RGB, become one.
        trace_side: the long side, in pixels, at which the logo is traced.
        filter_speckle: patches up to this many pixels a side are dropped.
        color_precision: significant bits of a colour channel when regions are grouped, 1 to 8.
        layer_difference: colour distance at which a gradient starts a new layer, 0 to 255.
        corner_threshold: angle, in degrees, from which a bend is a corner, 0 to 180.
        length_threshold: segments longer than this are subdivided, 3.5 to 10 pixels.
        splice_threshold: angle, in degrees, at which a curve is cut in two, 0 to 180.
    """

    name: str
    summary: str
    flat_colours: int
    merge_distance: float
    trace_side: int
    filter_speckle: int
    color_precision: int
    layer_difference: int
    corner_threshold: int
    length_threshold: float
    splice_threshold: int

    def __post_init__(self) -> None:
        """Refuse values that make the tracer abort or loop.

        Raises:
            ValueError: naming the setting and its range.
        """
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}; it must be from {low} to {high}.")


_RANGES = {
    "flat_colours": (0, 64),
    "merge_distance": (4.0, 100.0),
    "trace_side": (64, 2048),
    "filter_speckle": (0, 128),
    "color_precision": (1, 8),
    "layer_difference": (0, 255),
    "corner_threshold": (0, 180),
    "length_threshold": (3.5, 10.0),
    "splice_threshold": (0, 180),
}

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="simple",
            summary="Few flat colours, long smooth curves.",
            flat_colours=8,  # five colours and a few spare for a ground and tints
            merge_distance=20.0,  # nearer colours are noise or anti-aliasing
            trace_side=1024,  # edges between flat colours gain from sub-pixel position
            filter_speckle=6,  # the shapes are large: anything small is noise
            color_precision=8,  # colours are already flat: nothing to group
            layer_difference=0,  # every flat colour is its own layer
            corner_threshold=60,
            length_threshold=4.0,
            splice_threshold=45,
        ),
        Preset(
            name="text",
            summary="Flat lettering: sharp corners, small counters kept.",
            flat_colours=8,
            merge_distance=20.0,
            trace_side=1536,  # thin strokes need the most room
            filter_speckle=3,  # dots and counters are small, and they are the message
            color_precision=8,
            layer_difference=0,
            corner_threshold=45,  # serifs and stroke ends are corners
            length_threshold=3.5,
            splice_threshold=45,
        ),
        Preset(
            name="gradient",
            summary="Smooth tones kept, as many fine flat layers.",
            flat_colours=64,  # finer than the eye asks for in most logos, and edges stay clean
            merge_distance=10.0,  # nearer tones are hard to tell apart, but cost a layer each
            trace_side=1024,
            filter_speckle=6,  # dither and noise between tones are no shapes
            color_precision=8,
            layer_difference=0,  # the tones are layers already
            corner_threshold=75,  # the borders of layers are no corners
            length_threshold=4.0,
            splice_threshold=45,
        ),
        Preset(
            name="complex",
            summary="Many flat colours and fine detail.",
            flat_colours=32,
            merge_distance=20.0,
            trace_side=1280,
            filter_speckle=3,  # small regions are detail here
            color_precision=8,
            layer_difference=0,
            corner_threshold=60,
            length_threshold=4.0,
            splice_threshold=45,
        ),
        Preset(
            name=GENERAL,
            summary="A middle way for a logo whose type is not known.",
            flat_colours=64,  # tones lost by mistake are worse than a few layers too many
            merge_distance=14.0,
            trace_side=1024,
            filter_speckle=3,  # lettering and detail may be there
            color_precision=8,
            layer_difference=0,
            corner_threshold=60,
            length_threshold=4.0,
            splice_threshold=45,
        ),
    )
}
LOGO_TYPES = tuple(name for name in PRESETS if name != GENERAL)
