"""One number for a drawing, to choose settings by: what a designer would hold against it.

A point each for a degree of wobble (mean *turn*), a twentieth of a pixel of distance (*off*), 2 %
of the outlines missing or made up, half a step of CIEDE2000 on average, and each doubling of the
source's nodes. No fault counts more than five points, so that one logo cannot outweigh all others.
0 is perfect.
"""

from math import log2

from converter.benchmarks.judging import Figures

_TURN, _OFF, _OUTLINE, _COLOUR = 1.0, 0.05, 0.02, 0.5
_AT_MOST = 5.0
FAILED = 5 * _AT_MOST


def faults(figures: Figures) -> float:
    """Return a drawing's faults in points."""
    outlines = figures.outlines
    points = (
        outlines.turn / _TURN,
        outlines.off / _OFF,
        (outlines.missing + outlines.stray) / _OUTLINE,
        figures.colour / _COLOUR,
        log2(max(1.0, figures.nodes_ratio)),
    )
    return sum(min(_AT_MOST, each) for each in points)
