"""Run as a program: draws the images of a folder with another tracer, each only once.

    python peer_process.py NAME PACKAGES UPLOADS DRAWINGS

PACKAGES is where pip put the tracer (`scripts/peers.sh`). Each `UPLOADS/x.png` becomes
`DRAWINGS/x.svg`, and `x.ms`, the CPU milliseconds that the tracer took. An image that is started is
marked first: whoever runs this again after a crash gets the others.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def vtracer(image: Any, **settings: Any) -> str:
    """Return the SVG that vtracer 0.6 makes of a PNG file."""
    import io

    import vtracer

    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=0)
    return vtracer.convert_raw_image_to_svg(buffer.getvalue(), img_format="png", **settings)


def poster(image: Any) -> str:
    """Draw with the settings of vtracer's own preset *poster*."""
    return vtracer(image, filter_speckle=10, color_precision=8, layer_difference=16)


def enlarged(image: Any) -> str:
    """Draw an image that was enlarged four times before."""
    return vtracer(_enlarged(image))


def watershed(image: Any) -> str:
    """Draw with vtracer 1.0's regions from a watershed."""
    import vtracer

    config = vtracer.Config(clustering="watershed")
    return config.convert_pixels(image.tobytes(), *image.size)


def swag(image: Any) -> str:
    """Return the SVG that swag-converter makes of a PNG file."""
    import tempfile

    import swag_converter

    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        image.save(file.name)
        return swag_converter.convert(file.name, measure=False).svg


def autotrace(image: Any) -> str:
    """Draw with autotrace, which knows no transparency."""
    import autotrace
    import numpy as np
    from PIL import Image

    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    vector = autotrace.Bitmap(np.asarray(ground)).trace()
    return vector.encode(autotrace.VectorFormat.SVG).decode()


def _enlarged(image: Any) -> Any:
    from PIL import Image

    width, height = image.size
    return image.resize((4 * width, 4 * height), Image.Resampling.BICUBIC)


TRACERS: dict[str, Callable[[Any], str]] = {
    "vtracer": vtracer,
    "vtracer-poster": poster,
    "vtracer-x4": enlarged,
    "vtracer-watershed": watershed,
    "swag": swag,
    "autotrace": autotrace,
}


def main() -> int:
    """Draw what is not drawn yet. Returns the exit code."""
    name, packages, uploads, drawings = sys.argv[1:]
    sys.path.insert(0, packages)
    from PIL import Image

    for upload in sorted(Path(uploads).glob("*.png")):
        started = Path(drawings) / f"{upload.stem}.started"
        if started.exists():
            continue
        started.touch()
        image = Image.open(upload).convert("RGBA")
        begun = time.process_time()
        try:
            svg = TRACERS[name](image)
        except Exception as error:  # noqa: BLE001 - of another program, on this one image
            sys.stderr.write(f"{name}, {upload.stem}: {error}\n")
            continue
        seconds = time.process_time() - begun
        started.with_suffix(".svg").write_text(svg)
        started.with_suffix(".ms").write_text(f"{1000 * seconds:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
