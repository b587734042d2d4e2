"""Run as a program: traces one image after the other until its standard input ends.

Imports nothing of Django, to start quickly and stay small. vtracer aborts its process when memory
runs out and holds the interpreter while it works, and what any tracer needs depends on the image:
they only ever run here, under limits that the operating system keeps.

Arguments: bytes of memory the process may take. Once ready it writes a line. Then, for each image:

    in:  one line of JSON {"seconds", "output_bytes", "tracer", "settings", "lossy", "width",
         "height"}, and the pixels, RGBA, 4 bytes each
    out: one line of JSON {"length"} or {"error"}, with {"memory"} in bytes, and as many bytes as
         "length" says: vtracer's SVG, or shapes as JSON

`seconds` is processor time. A process that needs more is ended by the kernel.
"""

import ctypes
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from converter.vectorizer.memory import Memory

# Of processor time. Compiling for the first time took 129 at a load of 5 on two cores; a quiet
# machine needs less.
START_SECONDS = 240
TOO_LARGE = "too large"
FAILED = "failed"
# In use after getting ready: compiling takes 200 MB and gives none back, so that the process starts
# again with what it compiled.
COMPILED_BYTES = 250 * 2**20
_AGAIN = "again"


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:  # not a POSIX system
        return
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_seconds(seconds: int) -> None:
    """Let this process take so much processor time from now on."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))


def _vtracer(pixels: bytes, request: dict[str, Any]) -> bytes:
    import io

    import vtracer
    from PIL import Image

    png = io.BytesIO()
    size = (request["width"], request["height"])
    Image.frombytes("RGBA", size, pixels).save(png, "PNG", compress_level=1)
    settings = request["settings"]
    return vtracer.convert_raw_image_to_svg(png.getvalue(), img_format="png", **settings).encode()


def _drawing(pixels: bytes, request: dict[str, Any]) -> bytes:
    import numpy as np
    from vectorizer.drawing import draw
    from vectorizer.settings import DrawingSettings

    shape = (request["height"], request["width"], 4)
    image = np.frombuffer(pixels, np.uint8).reshape(shape)
    settings = DrawingSettings(**request["settings"])
    shapes = draw(image, settings, request["lossy"], _memory())
    return json.dumps(shapes, separators=(",", ":")).encode()


@cache
def _memory() -> "Memory":
    """Return what this process remembers: visitors draw a logo many times, moving a control."""
    from vectorizer.memory import Memory

    return Memory()


def _read(source: BinaryIO, length: int) -> bytes:
    content = source.read(length)
    if len(content) < length:
        raise EOFError
    return content


def _serve(source: BinaryIO, sink: BinaryIO) -> None:
    tracers = {"vtracer": _vtracer, "drawing": _drawing}
    for line in source:
        request = json.loads(line)
        pixels = _read(source, 4 * request["width"] * request["height"])
        _limit_seconds(request["seconds"])
        answer = b""
        try:
            answer = tracers[request["tracer"]](pixels, request)
            head = {"length": len(answer)}
            if len(answer) > request["output_bytes"]:
                head, answer = {"error": TOO_LARGE}, b""
        except Exception as error:  # noqa: BLE001 - one bad image must not cost the process
            head = {"error": FAILED, "detail": f"{type(error).__name__}: {error}"[:200]}
        pixels = b""
        head["memory"] = _memory_kept()
        sink.write(json.dumps(head).encode() + b"\n" + answer)
        sink.flush()


def _memory_kept() -> int:
    """Give back to the system what an image took, and return how many bytes are still in use.

    0 where neither can be done: that is so with other C libraries than glibc, and without Linux.
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (AttributeError, OSError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Serve until standard input ends."""
    # As a package of its own: importing `converter` would start Django's and Celery's set-up.
    sys.path.append(str(Path(__file__).resolve().parent))
    _limit_memory(int(sys.argv[1]))
    _limit_seconds(START_SECONDS)
    # What libraries print must not come between the answers.
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import cv2
    from vectorizer.warming import warm_up

    cv2.setNumThreads(1)
    warm_up()
    if _memory_kept() > COMPILED_BYTES and _AGAIN not in sys.argv:
        os.dup2(sink.fileno(), 1)
        os.execv(sys.executable, [sys.executable, "-I", *sys.argv, _AGAIN])  # noqa: S606
    sink.write(b"ready\n")
    sink.flush()
    _serve(sys.stdin.buffer, sink)
    return 0


if __name__ == "__main__":
    sys.exit(main())
