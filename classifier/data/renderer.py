"""The program that renders SVGs for `rendering`: see `classifier.images.jail`."""

from typing import Any

import resvg_py

from classifier.data.gradients import flatten_gradients
from classifier.data.svg_checks import UnusableSvgError, size_of
from classifier.images.jail import Answer, serve

CPU_SECONDS = 3
MEMORY_BYTES = 2**30


def main() -> None:
    """Answer until standard input ends."""
    serve(_answer, CPU_SECONDS, MEMORY_BYTES)


def _answer(head: dict[str, Any], content: bytes) -> Answer:
    svg = content.decode()
    try:
        width, height = size_of(svg)
        if head["flat"]:
            flat = flatten_gradients(svg)
            if flat == svg:
                return {"unchanged": True}, b""
            svg = flat
        side = head["long_side"]
        png = resvg_py.svg_to_bytes(
            svg_string=svg,
            skip_system_fonts=True,
            width=side if width >= height else None,
            height=None if width >= height else side,
        )
    except UnusableSvgError as error:
        return {"error": str(error)}, b""
    except ValueError:
        return {"error": "broken SVG"}, b""
    except MemoryError:
        return {"error": "takes too much memory to render"}, b""
    return {}, bytes(png)
