"""Judging a drawing by the vector source of the image that was traced."""

from dataclasses import asdict, dataclass

import cv2
import numpy as np

from converter.benchmarks.gradients import gradient_area
from converter.benchmarks.nodes import count_nodes
from converter.benchmarks.outlines import (
    SCALE,
    Outline,
    OutlineErrors,
    compare_outlines,
    find_outline,
)
from converter.benchmarks.recognition import (
    Recognition,
    Seen,
    Shape,
    compare_shapes,
    drawn_shapes,
    shapes_in_paths,
    true_shapes,
    visible_shapes,
)
from converter.benchmarks.rendering import Colour, Size, on_ground, render, shrunk
from converter.colours import colour_differences

_LIGHT, _DARK = (255, 255, 255), (24, 24, 24)
_LEAST = 0.002  # of the picture
_CLEAR = 10
_PICTURE = 4  # pixels of the picture that colours and error are taken from, for one of the upload


@dataclass(frozen=True)
class Truth:
    """What is known of an image's vector source.

    Attributes:
        size: of the upload, width and height.
        ground: the colour that the upload lies on; None for a transparent one.
        outline: where the picture changes.
        picture: uint8 [H, W, 4], four pixels for one of the upload, multiplied by alpha.
        nodes: segments of the source.
        shapes: circles, ellipses and rectangles.
        visible: those that show as a whole.
        gradients: bool [H, W], where gradients show, at 128 px.
    """

    size: Size
    ground: Colour | None
    outline: Outline
    picture: np.ndarray
    nodes: int
    shapes: list[Shape]
    visible: list[Shape]
    gradients: np.ndarray


@dataclass(frozen=True)
class Figures:
    """A drawing's quality. Lengths are in pixels of the upload.

    Attributes:
        outlines: distances and directions.
        nodes: segments of the drawing.
        nodes_ratio: the same, for one of the source.
        colour: CIEDE2000, mean over the picture.
        colour95: 95th percentile.
        error: root mean square of the difference, in steps of 255, at four times the upload's size.
        byte_count: of the file.
        shapes: those recognised.
        gradients: share of the area of the source's gradients that the drawing paints with
            gradients; None where the source has none.
        opacity: mean difference of opacity, 0 to 1, where the source is partly opaque; None where
            it is so nowhere, and for opaque uploads.
    """

    outlines: OutlineErrors
    nodes: int
    nodes_ratio: float
    colour: float
    colour95: float
    error: float
    byte_count: int
    shapes: Recognition
    gradients: float | None
    opacity: float | None

    def values(self) -> dict[str, float | None]:
        """Return all figures flat, by name."""
        found = asdict(self)
        shapes = {f"shapes_{name}": value for name, value in found.pop("shapes").items()}
        return found.pop("outlines") | found | shapes


def know(svg: str, size: Size, ground: Colour | None) -> Truth:
    """Look at a source as it is seen on a ground; None for a transparent upload.

    Raises:
        RenderingError: if it cannot be rendered.
    """
    outline, picture = _look(svg, size, ground)
    shapes = true_shapes(svg, size)
    visible = visible_shapes(shapes, outline)
    return Truth(
        size=size,
        ground=ground,
        outline=outline,
        picture=picture,
        nodes=count_nodes(svg),
        shapes=shapes,
        visible=visible,
        gradients=gradient_area(svg, size),
    )


def judge(svg: str, truth: Truth) -> Figures:
    """Measure a drawing of any program.

    Raises:
        RenderingError: if it cannot be rendered.
    """
    outline, picture = _look(svg, truth.size, truth.ground)
    grounds = (truth.ground,) if truth.ground else (_LIGHT, _DARK)
    differences, error = max(
        (_differences(picture, truth.picture, ground) for ground in grounds),
        key=lambda pair: float(pair[0].mean()),
    )
    nodes = count_nodes(svg)
    return Figures(
        outlines=compare_outlines(outline, truth.outline),
        nodes=nodes,
        nodes_ratio=nodes / max(1, truth.nodes),
        colour=float(differences.mean()),
        colour95=float(np.percentile(differences, 95)),
        error=error,
        byte_count=len(svg.encode()),
        shapes=compare_shapes(
            Seen(outline, drawn_shapes(svg, truth.size), shapes_in_paths(svg, truth.size)),
            Seen(truth.outline, truth.shapes),
            truth.visible,
        ),
        gradients=_gradients_kept(svg, truth),
        opacity=_opacity_lost(picture, truth.picture),
    )


def _gradients_kept(svg: str, truth: Truth) -> float | None:
    """Return None for sources with less of a gradient than anybody sees."""
    if truth.gradients.mean() < _LEAST:
        return None
    return float(gradient_area(svg, truth.size)[truth.gradients].mean())


def _opacity_lost(drawn: np.ndarray, true: np.ndarray) -> float | None:
    """Compare opacities where the true one is partial in the whole neighbourhood: edges are not."""
    alpha = true[..., 3]
    partly = ((alpha > _CLEAR) & (alpha < 255 - _CLEAR)).astype(np.uint8)
    inside = cv2.erode(partly, np.ones((5, 5), np.uint8), borderValue=0) > 0
    if inside.mean() < _LEAST:
        return None
    return float(np.abs(drawn[..., 3][inside] - alpha[inside].astype(float)).mean()) / 255


def _look(svg: str, size: Size, ground: Colour | None) -> tuple[Outline, np.ndarray]:
    """Return an SVG's visible outlines, and its picture."""
    rendering = render(svg, size, SCALE, ground)
    return find_outline(rendering), shrunk(rendering, SCALE // _PICTURE)


def _differences(drawn: np.ndarray, true: np.ndarray, ground: Colour) -> tuple[np.ndarray, float]:
    """Return CIEDE2000 for each pixel of the upload, and the error."""
    first, second = on_ground(drawn, ground), on_ground(true, ground)
    error = float(np.sqrt(((first.astype(np.float32) - second) ** 2).mean()))
    return colour_differences(shrunk(first, _PICTURE), shrunk(second, _PICTURE)), error
