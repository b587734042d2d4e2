"""From pixels to a drawing, by a tracer in a process of its own with limits."""

import io
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from converter.images import Logo, resize
from converter.presets import Preset, VtracerSettings
from converter.svg import Drawing, UnsafeSvgError, read_shapes, read_traced, write
from converter.tracer_process import TOO_LARGE
from converter.vectorizer.settings import CurveSettings

PROGRAM = Path(__file__).with_name("tracer_process.py")
SECONDS = 20
MEMORY_BYTES = 2 * 2**30
OUTPUT_BYTES = 8 * 2**20

# vtracer sees transparency only if enough of a few scan lines is clear. A clear frame makes sure.
FRAME = 2
_OPAQUE = 128  # alpha from which a pixel counts as ink
_MAX_UPSCALE = 4.0  # more adds no information, only points

# Bilateral filter: diameter, spread of colours that count as noise, spread in pixels. Tomasi and
# Manduchi, "Bilateral filtering for gray and color images", 1998.
_DENOISE = (7, 40, 3)
_DENOISE_FROM = 0.75  # scaling down further than this has averaged the noise away


class TracingError(Exception):
    """The tracer failed. The message is for people."""


def trace(logo: Logo, preset: Preset, program: Path = PROGRAM, seconds: int = SECONDS) -> Drawing:
    """Trace a logo and return its drawing.

    Raises:
        TracingError: if the tracer crashes, takes too long, or gives far too large a result.
    """
    settings = preset.settings_for(logo.lossy)
    size = (logo.width, logo.height)
    try:
        if isinstance(settings, VtracerSettings):
            image, frame = _framed(logo)
            request = {"tracer": "vtracer", "settings": asdict(settings)}
            traced = _run(image, request, program, seconds)
            canvas = (image.width - 2 * frame, image.height - 2 * frame)
            return write(read_traced(traced, frame), canvas, size)
        image, scale = prepare(logo, settings)
        request = {"tracer": "curves", "settings": asdict(settings), "scale": scale}
        return write(read_shapes(_run(image, request, program, seconds)), image.size, size)
    except UnsafeSvgError as error:
        raise TracingError(f"The tracer gave an unusable drawing: {error}") from error


def prepare(logo: Logo, settings: CurveSettings) -> tuple[Image.Image, float]:
    """Return the image without its noise, enlarged, and by how much it was."""
    image = logo.image
    scale = min(settings.trace_side / max(image.size), _MAX_UPSCALE)
    if settings.denoise_rounds and scale >= _DENOISE_FROM:
        image = _denoised(image, settings.denoise_rounds)
    size = tuple(max(1, round(length * scale)) for length in image.size)
    if scale > 1:
        return _enlarged(image, size), scale
    return (image if scale == 1 else resize(image, max(size)).resize(size)), scale


def _enlarged(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Enlarge by cubic interpolation, without the colours that it makes up beside edges."""
    import cv2  # a process that only classifies never loads it

    pixels, kernel = np.array(image), np.ones((3, 3), np.uint8)
    bounds = [
        np.asarray(Image.fromarray(bound).resize(size, Image.Resampling.NEAREST))
        for bound in (cv2.erode(pixels, kernel), cv2.dilate(pixels, kernel))
    ]
    enlarged = np.asarray(image.resize(size, Image.Resampling.BICUBIC))
    return Image.fromarray(np.clip(enlarged, *bounds))


def _denoised(image: Image.Image, rounds: int) -> Image.Image:
    """Smooth noise between edges, not the edges."""
    import cv2  # a process that only classifies never loads it

    pixels = np.array(image)
    colours = np.ascontiguousarray(pixels[..., :3])
    for _ in range(rounds):
        colours = cv2.bilateralFilter(colours, *_DENOISE)
    pixels[..., :3] = colours
    return Image.fromarray(pixels)


def _framed(logo: Logo) -> tuple[Image.Image, int]:
    """Return the image for vtracer, clear or opaque everywhere, and the width of its frame."""
    pixels = np.array(logo.image)
    ink = pixels[..., 3] >= _OPAQUE
    pixels[..., 3] = np.where(ink, 255, 0)
    pixels[~ink] = 0
    if not logo.transparent:
        return Image.fromarray(pixels), 0
    return Image.fromarray(np.pad(pixels, ((FRAME, FRAME), (FRAME, FRAME), (0, 0)))), FRAME


def _run(image: Image.Image, request: dict[str, Any], program: Path, seconds: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    limits = {"seconds": seconds, "memory_bytes": MEMORY_BYTES, "output_bytes": OUTPUT_BYTES}
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(program)],
            input=json.dumps(request | limits).encode() + b"\n" + buffer.getvalue(),
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
