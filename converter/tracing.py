"""From pixels to the tracer's SVG, in a process of its own with limits."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from converter.flatten import flatten
from converter.images import Logo, resize
from converter.presets import Preset
from converter.tracer_process import TOO_LARGE

PROGRAM = Path(__file__).with_name("tracer_process.py")
SECONDS = 20
MEMORY_BYTES = 2 * 2**30
OUTPUT_BYTES = 8 * 2**20

# vtracer sees transparency only if enough of a few scan lines is clear. A clear frame makes sure.
FRAME = 2
_OPAQUE = 128  # alpha from which a pixel counts as ink
_MAX_UPSCALE = 4.0  # more adds no information, only curves


class TracingError(Exception):
    """The tracer failed. The message is for people."""


def trace(logo: Logo, preset: Preset, program: Path = PROGRAM, seconds: int = SECONDS) -> bytes:
    """Trace a logo and return the tracer's own SVG, whose coordinates include the `FRAME`.

    Raises:
        TracingError: if the tracer crashes, takes too long, or gives far too large a result.
    """
    buffer = io.BytesIO()
    prepare(logo, preset).save(buffer, "PNG", compress_level=1)
    request = {
        "seconds": seconds,
        "memory_bytes": MEMORY_BYTES,
        "output_bytes": OUTPUT_BYTES,
        "settings": _settings(preset),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(program)],
            input=json.dumps(request).encode() + b"\n" + buffer.getvalue(),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TracingError(
            f"Tracing took more than {seconds} seconds and was stopped. Try another type."
        ) from error
    if done.returncode == TOO_LARGE:
        raise TracingError("The traced drawing is too large to be useful. Try another type.")
    if done.returncode or not done.stdout:
        raise TracingError("The tracer stopped unexpectedly on this image. Try another type.")
    return done.stdout


def prepare(logo: Logo, preset: Preset) -> Image.Image:
    """Return the image that the tracer gets: scaled, flat where the preset asks for it, framed."""
    image = _scaled(logo.image, preset.trace_side)
    pixels = np.array(image)
    ink = pixels[..., 3] >= _OPAQUE
    if preset.flat_colours:
        pixels[..., :3] = _flat(pixels, ink, preset)
    pixels[..., 3] = np.where(ink, 255, 0)
    pixels[~ink] = 0
    if logo.transparent:
        pixels = np.pad(pixels, ((FRAME, FRAME), (FRAME, FRAME), (0, 0)))
    return Image.fromarray(pixels)


def traced_size(logo: Logo, preset: Preset) -> tuple[int, int, int]:
    """Return width, height and frame, in pixels, of what `trace` draws on."""
    width, height = _scaled_size(logo.image.size, preset.trace_side)
    return width, height, FRAME if logo.transparent else 0


def _scaled_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = min(side / max(size), _MAX_UPSCALE)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _scaled(image: Image.Image, side: int) -> Image.Image:
    size = _scaled_size(image.size, side)
    return image if size == image.size else resize(image, max(size)).resize(size)


def _flat(pixels: np.ndarray, ink: np.ndarray, preset: Preset) -> np.ndarray:
    """Return the flattened colours, uint8 [H, W, 3]; what is clear does not bleed into the ink."""
    colours = pixels[..., :3].copy()
    if not ink.all() and ink.any():
        # A clear pixel's colour means nothing: a colour of the ink keeps edges from mixing with it.
        colours[~ink] = np.median(colours[ink], axis=0)
    return flatten(colours, preset.flat_colours, preset.merge_distance)


def _settings(preset: Preset) -> dict[str, str | int | float]:
    return {
        "colormode": "color",
        "hierarchical": "stacked",
        "mode": "spline",
        "filter_speckle": preset.filter_speckle,
        "color_precision": preset.color_precision,
        "layer_difference": preset.layer_difference,
        "corner_threshold": preset.corner_threshold,
        "length_threshold": preset.length_threshold,
        "splice_threshold": preset.splice_threshold,
        "path_precision": 2,
    }
