"""The program that renders drawings for `drawings`: see `jail.serve`."""

from typing import Any

import resvg_py

from classifier.images import limits
from classifier.images.jail import Answer, serve


def main() -> None:
    """Answer until standard input ends."""
    serve(_render, limits.RENDER_CPU_SECONDS, limits.MEMORY_BYTES)


def _render(head: dict[str, Any], content: bytes) -> Answer:
    try:
        png = resvg_py.svg_to_bytes(
            svg_string=content.decode(), skip_system_fonts=True, **head["options"]
        )
    except ValueError:
        return {"error": "The drawing cannot be rendered."}, b""
    except MemoryError:
        return {"error": "The drawing takes too much memory to render."}, b""
    return {}, bytes(png)
