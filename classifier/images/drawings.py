"""Rendering drawings that were traced: their cost depends on what a stranger sent, too.

The renderer holds the interpreter while it works, so that one costly drawing would keep a whole
process from answering; and it can end its process.
"""

from classifier.images import limits
from classifier.images.errors import DecoderBusyError
from classifier.images.process import (
    CrashedError,
    Crew,
    NoRoomError,
    OutOfTimeError,
    StalledError,
)

renderers = Crew(
    "classifier.images.renderer",
    limits.RENDERERS,
    limits.RENDERERS_WAITING,
    limits.RENDER_WALL_SECONDS,
    limits.RENDER_WALL_SECONDS,
    limits.RETIRE_BYTES,
)


class DrawingError(ValueError):
    """A drawing cannot be rendered, or takes too much. The message is for people."""


def render_png(
    svg: str,
    cpu_seconds: float | None = None,
    wall_seconds: float | None = None,
    **options: str | int,
) -> bytes:
    """Return a drawing as a PNG.

    Args:
        svg: one of our own.
        cpu_seconds: how long it may take; RENDER_CPU_SECONDS at most.
        wall_seconds: and by the clock, waiting included; RENDER_WALL_SECONDS at most.
        options: width, height, background and shape_rendering, as resvg has them.

    Raises:
        DrawingError: if it cannot be rendered, or not in that time.
        DecoderBusyError: if too many drawings are being rendered.
    """
    head: dict[str, object] = {"options": options}
    if cpu_seconds:
        head["cpu_seconds"] = cpu_seconds
    try:
        answer, png = renderers.ask(head, svg.encode(), wall_seconds, wall_seconds)
    except (NoRoomError, StalledError) as error:
        raise DecoderBusyError from error
    except OutOfTimeError as error:
        raise DrawingError("The drawing is too complicated to be rendered.") from error
    except CrashedError as error:
        raise DrawingError("The drawing cannot be rendered.") from error
    if message := answer.get("error"):
        raise DrawingError(message)
    return png
