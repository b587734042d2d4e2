"""From pixels to a drawing, by a tracer process with limits."""

import math
from dataclasses import asdict

import numpy as np
from PIL import Image

from converter.images import Logo, resize
from converter.presets import Preset, VtracerSettings
from converter.svg import Drawing, write
from converter.tracer_output import UnsafeSvgError, read_shapes, read_traced
from converter.tracers import (
    DrawingTooLargeError,
    TracerError,
    TracerPool,
    TracerTooSlowError,
    tracers,
)

SECONDS = 20  # of processor time
OUTPUT_BYTES = 8 * 2**20
SIDE = 1024  # px: coverage tells outlines to a twentieth of a pixel; more pixels only cost time

# vtracer sees transparency only if enough of a few scan lines is clear. A clear frame makes sure.
FRAME = 2
_OPAQUE = 128  # alpha from which a pixel counts as ink, for vtracer


class TracingError(Exception):
    """The tracer failed. The message is for people."""


def trace(
    logo: Logo,
    preset: Preset,
    pool: TracerPool | None = None,
    seconds: int = SECONDS,
    clock_seconds: float = math.inf,
) -> Drawing:
    """Trace a logo and return its drawing.

    Args:
        logo: what is traced.
        preset: how.
        pool: of tracer processes; by default that of this process.
        seconds: of processor time that it may take.
        clock_seconds: that it may take by the clock, waiting for a tracer included.

    Raises:
        TracingError: if the tracer crashes, takes too long, or gives far too large a result.
    """
    settings = preset.settings_for(logo.lossy)
    plain = isinstance(settings, VtracerSettings)
    image, frame = _framed(logo) if plain else (_no_larger(logo.image), 0)
    request = {
        "seconds": seconds,
        "output_bytes": OUTPUT_BYTES,
        "tracer": "vtracer" if plain else "drawing",
        "settings": asdict(settings),
        "lossy": logo.lossy,
        "width": image.width,
        "height": image.height,
    }
    answer = _asked(pool or tracers(), request, image.tobytes(), clock_seconds)
    canvas = (image.width - 2 * frame, image.height - 2 * frame)
    try:
        shapes = read_traced(answer, frame) if plain else read_shapes(answer)
    except UnsafeSvgError as error:
        raise TracingError(f"The tracer gave an unusable drawing: {error}") from error
    return write(shapes, canvas, (logo.width, logo.height))


def _asked(pool: TracerPool, request: dict, pixels: bytes, clock_seconds: float) -> bytes:
    try:
        return pool.trace(request, pixels, clock_seconds)
    except TracerTooSlowError as error:
        raise TracingError(
            f"Tracing took more than {request['seconds']} seconds and was stopped. "
            "Try another type."
        ) from error
    except DrawingTooLargeError as error:
        raise TracingError(
            "The traced drawing is too large to be useful. Try another type."
        ) from error
    except TracerError as error:
        raise TracingError(
            "The tracer stopped unexpectedly on this image. Try another type."
        ) from error


def _no_larger(image: Image.Image) -> Image.Image:
    return resize(image, SIDE) if max(image.size) > SIDE else image


def _framed(logo: Logo) -> tuple[Image.Image, int]:
    """Return the image for vtracer, clear or opaque everywhere, and the width of its frame."""
    pixels = np.array(logo.image)
    ink = pixels[..., 3] >= _OPAQUE
    pixels[..., 3] = np.where(ink, 255, 0)
    pixels[~ink] = 0
    if not logo.transparent:
        return Image.fromarray(pixels), 0
    return Image.fromarray(np.pad(pixels, ((FRAME, FRAME), (FRAME, FRAME), (0, 0)))), FRAME
