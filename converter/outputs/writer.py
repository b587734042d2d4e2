"""The program that writes files for `guarded`: see `jail.serve`."""

from typing import Any

from classifier.images import limits
from classifier.images.jail import Answer, serve
from converter.outputs.formats import FORMATS, OutputError, OutputOptions, make

# One of each kind of thing, so that whatever a library loads late is there before the doors close.
_EVERYTHING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" viewBox="0 0 9 9"><defs>'
    '<linearGradient id="a" gradientUnits="userSpaceOnUse" x2="9"><stop stop-opacity=".5"/>'
    '<stop offset="1" stop-color="#f00"/></linearGradient>'
    '<radialGradient id="b" gradientUnits="userSpaceOnUse" r="9"><stop/>'
    '<stop offset="1" stop-color="#f00"/></radialGradient></defs>'
    '<path fill="url(#a)" d="M0 0h9v9c1 1 2 2 3 3z"/><path fill="url(#b)" d="M0 0l9 9v1z"/>'
    '<circle fill="#123" fill-opacity=".5" cx="4" cy="4" r="3"/><rect width="2" height="2"/>'
    '<ellipse rx="1" ry="2" transform="rotate(9)"/>'
    '<path fill="none" stroke="#f00" stroke-width="2" d="M0 0l9 9"/></svg>\n'
)


def main() -> None:
    """Answer until standard input ends."""
    for name in set(FORMATS) - {"png"}:  # whose renderer has a process of its own
        make(_EVERYTHING, name, OutputOptions(title="-"))
    serve(_write, limits.WRITE_CPU_SECONDS, limits.MEMORY_BYTES)


def _write(head: dict[str, Any], content: bytes) -> Answer:
    try:
        return {}, make(content.decode(), head["format"], OutputOptions(**head["options"]))
    except MemoryError:
        return {"error": "The drawing takes too much memory in this format."}, b""
    except OutputError as error:
        return {"error": str(error)}, b""
