"""Run as a program: traces one image and exits. Imports nothing of Django, to start quickly.

vtracer aborts its process when memory runs out and holds the interpreter while it works, and the
time that any tracer takes depends on the image, so that they only ever run here, under limits that
the operating system keeps.

Standard input: one line of JSON ({"seconds", "memory_bytes", "output_bytes", "tracer", "settings"},
for "curves" also "scale"), then the image as a PNG. Standard output: the tracer's SVG for
"vtracer", shapes as JSON for "curves". Exit code 3: it was larger than allowed.
"""

import json
import sys
from pathlib import Path
from typing import Any

TOO_LARGE = 3


def _limit(seconds: int, memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # not a POSIX system: the parent's own time limit has to do
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _vtracer(png: bytes, request: dict[str, Any]) -> bytes:
    import vtracer

    return vtracer.convert_raw_image_to_svg(png, img_format="png", **request["settings"]).encode()


def _curves(png: bytes, request: dict[str, Any]) -> bytes:
    # As a package of its own: importing `converter` would start Django's and Celery's set-up.
    sys.path.append(str(Path(__file__).resolve().parent))
    import cv2
    import numpy as np
    from vectorizer.drawing import draw
    from vectorizer.settings import CurveSettings

    cv2.setNumThreads(1)
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    image = cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA)
    shapes = draw(image, CurveSettings(**request["settings"]), request["scale"])
    return json.dumps(shapes, separators=(",", ":")).encode()


def main() -> int:
    """Trace the image on standard input. Returns the exit code."""
    request = json.loads(sys.stdin.buffer.readline())
    _limit(request["seconds"], request["memory_bytes"])
    tracer = {"vtracer": _vtracer, "curves": _curves}[request["tracer"]]
    traced = tracer(sys.stdin.buffer.read(), request)
    if len(traced) > request["output_bytes"]:
        return TOO_LARGE
    sys.stdout.buffer.write(traced)
    return 0


if __name__ == "__main__":
    sys.exit(main())
