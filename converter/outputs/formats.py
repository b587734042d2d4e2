"""The formats that a drawing can be taken away in, under the names that page, API and commands use.

`make(svg, name, options)` is the one door; it knows nothing of HTTP or the database.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from PIL import ImageColor

from classifier.images.drawings import DrawingError
from converter.outputs.eps import write_eps
from converter.outputs.layered import write_layered
from converter.outputs.picture import UnreadablePictureError, read_picture
from converter.outputs.png import MAX_SIDE, write_png

MAX_MM = 10_000
DEFAULT_SIDE = 1024
_TRANSPARENCY = re.compile(r'opacity="0?\.')
_GRADIENT = re.compile(r"<(?:linear|radial)Gradient")
DEFAULT_MM = 100.0


class OutputError(Exception):
    """A drawing cannot be given in that form. The message is for people."""


@dataclass(frozen=True)
class OutputOptions:
    """What can be chosen about an output.

    Attributes:
        size: long side of a PNG, in pixels.
        background: a colour behind a PNG, such as #ffffff; empty: transparent.
        width_mm: width of the logo in a DXF, in millimetres.
        title: what a document says that it shows.
    """

    size: int = DEFAULT_SIDE
    background: str = ""
    width_mm: float = DEFAULT_MM
    title: str = ""

    def __post_init__(self) -> None:
        """Refuse what no output can have.

        Raises:
            OutputError: naming the option and its range.
        """
        if not 1 <= self.size <= MAX_SIDE:
            raise OutputError(f"size is {self.size}; it must be from 1 to {MAX_SIDE} pixels.")
        if not 1 <= self.width_mm <= MAX_MM:
            raise OutputError(
                f"width_mm is {self.width_mm:g}; it must be from 1 to {MAX_MM:,} millimetres."
            )
        if self.background:
            try:
                ImageColor.getrgb(self.background)
            except ValueError as error:
                raise OutputError(
                    f"background is {self.background[:40]!r}; give a colour such as #ffffff."
                ) from error


@dataclass(frozen=True)
class Format:
    """One form of a drawing.

    Attributes:
        name: what `?format=` and `--format` take.
        label: for people.
        suffix: of a file, after the name.
        media_type: as HTTP says it.
        about: what it is good for, and what it cannot hold, in a sentence or two.
        write: from the SVG and the options to the file's content.
    """

    name: str
    label: str
    suffix: str
    media_type: str
    about: str
    write: Callable[[str, OutputOptions], bytes]


def make(svg: str, name: str, options: OutputOptions) -> bytes:
    """Return a drawing in the format of that name.

    Raises:
        OutputError: if there is no such format, or the drawing cannot be written in it.
    """
    try:
        return format_named(name).write(svg, options)
    except (UnreadablePictureError, DrawingError) as error:
        raise OutputError(f"The drawing cannot be given as {name}. Trace it again.") from error


def format_named(name: str) -> Format:
    """Return a format.

    Raises:
        OutputError: if there is none of that name.
    """
    if name not in FORMATS:
        raise OutputError(f"There is no format {name!r}. Choose one of {', '.join(FORMATS)}.")
    return FORMATS[name]


def losses(svg: str) -> dict[str, str]:
    """Say by format what it cannot hold of a drawing, where that is anything."""
    lost = {}
    if _TRANSPARENCY.search(svg):
        lost["eps"] = "This drawing: half-transparent parts are mixed with white."
    if _GRADIENT.search(svg):
        lost["dxf"] = "This drawing: outlines of gradients are on a layer of their mean colour."
    return lost


def _as_svg(svg: str, options: OutputOptions) -> bytes:
    return svg.encode()


def _as_layered(svg: str, options: OutputOptions) -> bytes:
    return write_layered(svg).encode()


# The libraries behind these load when the first such file is asked for.
def _as_pdf(svg: str, options: OutputOptions) -> bytes:
    from converter.outputs.pdf import write_pdf

    return write_pdf(read_picture(svg), options.title)


def _as_eps(svg: str, options: OutputOptions) -> bytes:
    return write_eps(read_picture(svg), options.title)


def _as_png(svg: str, options: OutputOptions) -> bytes:
    return write_png(svg, options.size, options.background)


def _as_dxf(svg: str, options: OutputOptions) -> bytes:
    from converter.outputs.dxf import write_dxf

    return write_dxf(read_picture(svg), options.width_mm)


FORMATS: dict[str, Format] = {
    output.name: output
    for output in (
        Format(
            "svg", "SVG", ".svg", "image/svg+xml",
            "The drawing itself, as small as it gets: for the web and every vector editor.",
            _as_svg,
        ),
        Format(
            "svg-layers", "SVG, layered", "-layers.svg", "image/svg+xml",
            "The same with a named layer for each colour: for editing, plotters and vinyl cutters.",
            _as_layered,
        ),
        Format(
            "pdf", "PDF", ".pdf", "application/pdf",
            "Vectors with gradients and transparency: for print and documents.",
            _as_pdf,
        ),
        Format(
            "eps", "EPS", ".eps", "application/postscript",
            "PostScript level 3 with gradients, without transparency: for older print software.",
            _as_eps,
        ),
        Format(
            "png", "PNG", ".png", "image/png",
            f"Pixels with transparency, with a long side of up to {MAX_SIDE:,} px.",
            _as_png,
        ),
        Format(
            "dxf", "DXF", ".dxf", "image/vnd.dxf",
            "Outlines in millimetres with a layer for each colour, for laser and vinyl cutters; "
            "no fills and no gradients.",
            _as_dxf,
        ),
    )
}  # fmt: skip
