"""What a region is painted with: one colour, or a gradient; and paints as arrays for hot loops."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .colours import measurable

OPAQUE = 0.985  # opacity from which a paint hides what lies under it
RAMP = 64  # colours, along a gradient, that the arrays of a paint hold


@dataclass(frozen=True)
class Flat:
    """One colour: premultiplied float [4], red, green, blue and opacity, 0 to 255."""

    colour: np.ndarray

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the colour at points, float32 [..., 4]."""
        return np.broadcast_to(self.colour.astype(np.float32), (*np.shape(x), 4))

    @property
    def opacity(self) -> float:
        """How little shines through, 0 to 1."""
        return float(self.colour[3]) / 255


@dataclass(frozen=True)
class Gradient:
    """A gradient whose colour at a place is that of its stops at `t`.

    Linear: `t = a x + b y + c`. Radial: `t = |(a x + b y + c, d x + e y + f)|`; what has one colour
    is an ellipse where the two rows are not of one length.

    Attributes:
        radial: which of the two.
        geometry: float64 [6], a to f, for pixels counted from their centres.
        offsets: float [K], rising, 0 to 1.
        colours: float [K, 4], premultiplied, 0 to 255.
    """

    radial: bool
    geometry: np.ndarray
    offsets: np.ndarray
    colours: np.ndarray

    def along(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        a, b, c, d, e, f = self.geometry
        first = a * x + b * y + c
        return np.hypot(first, d * x + e * y + f) if self.radial else first

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the colour at points, float32 [..., 4]."""
        t = self.along(x, y)
        channels = [np.interp(t, self.offsets, self.colours[:, c]) for c in range(4)]
        return np.stack(channels, axis=-1).astype(np.float32)

    @property
    def opacity(self) -> float:
        """How little shines through at the clearest stop, 0 to 1."""
        return float(self.colours[:, 3].min()) / 255


Paint = Flat | Gradient


class PaintTable(NamedTuple):
    """Paints as arrays, which compiled functions take as a whole.

    Attributes:
        kind: int8 [K], 0 flat, 1 linear, 2 radial.
        geometry: float64 [K, 6].
        ramp: float32 [K, RAMP, 4], colours along each, as `colours.measurable` gives them.
    """

    kind: np.ndarray
    geometry: np.ndarray
    ramp: np.ndarray


def tabulated(paints: list[Paint], lossy: bool) -> PaintTable:
    """Return paints as arrays, for measuring an image that is lossy or not."""
    kind = np.zeros(len(paints), np.int8)
    geometry = np.zeros((len(paints), 6))
    ramp = np.zeros((len(paints), RAMP, 4), np.float32)
    along = np.linspace(0, 1, RAMP)
    for k, paint in enumerate(paints):
        if isinstance(paint, Flat):
            ramp[k] = paint.colour
            continue
        kind[k] = 2 if paint.radial else 1
        geometry[k] = paint.geometry
        for c in range(4):
            ramp[k, :, c] = np.interp(along, paint.offsets, paint.colours[:, c])
    return PaintTable(kind, geometry, measurable(ramp, lossy))
