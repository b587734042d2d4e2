"""Run as a program: traces one image and exits. Imports nothing of the project, to start quickly.

vtracer aborts its process when memory runs out and holds the interpreter while it works, so that
it only ever runs here, under limits that the operating system keeps.

Standard input: one line of JSON ({"seconds", "memory_bytes",
"output_bytes", "settings"}), then the
image as a PNG. Standard output: the SVG. Exit code 3: the SVG was larger than allowed.
"""

import json
import sys

TOO_LARGE = 3


def _limit(seconds: int, memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # not a POSIX system: the parent's own time limit has to do
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Trace the image on standard input. Returns the exit code."""
    request = json.loads(sys.stdin.buffer.readline())
    _limit(request["seconds"], request["memory_bytes"])
    import vtracer

    svg = vtracer.convert_raw_image_to_svg(
        sys.stdin.buffer.read(), img_format="png", **request["settings"]
    ).encode()
    if len(svg) > request["output_bytes"]:
        return TOO_LARGE
    sys.stdout.buffer.write(svg)
    return 0


if __name__ == "__main__":
    sys.exit(main())
