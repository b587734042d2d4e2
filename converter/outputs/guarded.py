"""Writing files of drawings that strangers' images became: another process does what may take long.

A drawing of a photograph has megabytes, and a PDF or DXF of it takes half a minute.
"""

from dataclasses import asdict

from classifier.images import DecoderBusyError, limits
from classifier.images.process import (
    CrashedError,
    Crew,
    NoRoomError,
    OutOfTimeError,
    StalledError,
)
from converter.outputs.formats import OutputError, OutputOptions, format_named, make

writers = Crew(
    "converter.outputs.writer",
    limits.WRITERS,
    limits.WRITERS_WAITING,
    limits.WRITE_WAIT_SECONDS,
    limits.WRITE_WALL_SECONDS,
    limits.RETIRE_BYTES,
)
_HERE = ("svg", "png")  # nothing to do, or a renderer's process does it


class WritersBusyError(DecoderBusyError):
    """Too many files are being made at this moment."""

    def __init__(self) -> None:
        Exception.__init__(
            self,
            f"Too many files are being made at this moment. Try again in {self.retry_after} "
            "seconds.",
        )


def make_guarded(svg: str, name: str, options: OutputOptions) -> bytes:
    """Return a drawing in the format of that name, as `formats.make` does, under limits.

    Raises:
        OutputError: if there is no such format, or the drawing cannot be written in it, or takes
            too long.
        DecoderBusyError: if too many files are being made.
    """
    if format_named(name).name in _HERE:
        return make(svg, name, options)
    try:
        answer, content = writers.ask({"format": name, "options": asdict(options)}, svg.encode())
    except (NoRoomError, StalledError) as error:
        raise WritersBusyError from error
    except (OutOfTimeError, CrashedError) as error:
        raise OutputError(
            f"The drawing is too complicated for {name}. Take the SVG, or draw it with less detail."
        ) from error
    if message := answer.get("error"):
        raise OutputError(message)
    return content
