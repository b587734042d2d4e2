"""Converting while visitors wait: so many at a time and for so long; the rest is for workers."""

import functools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from converter.adjusting.options import AS_PRESET, Adjustments
from converter.conversion import Result, SlowConversionError, convert_logo, is_large, read_upload
from converter.images import DecoderBusyError, Logo
from converter.models import RoutingPolicy
from converter.pages.outages import refusal

_places = threading.BoundedSemaphore(settings.CONVERTER_INLINE)
RETRY_SECONDS = 5


class NoPlaceError(Exception):
    """As many logos are being converted by this process as may be. The message is for people."""

    retry_after = RETRY_SECONDS

    def __init__(self) -> None:
        super().__init__(
            "Too many logos are being converted at this moment. "
            f"Try again in {RETRY_SECONDS} seconds."
        )


def says_when_busy(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 503 with `Retry-After` where a view finds no place, or no decoder."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (NoPlaceError, DecoderBusyError) as error:
            headers = {"Retry-After": str(error.retry_after)}
            return refusal(request, HTTPStatus.SERVICE_UNAVAILABLE, str(error), headers)

    return answer


@contextmanager
def inline_place() -> Iterator[None]:
    """Hold one of the places for conversions that somebody waits for.

    Raises:
        NoPlaceError: at once, if there is none: a thread that waits answers nobody.
    """
    if not _places.acquire(blocking=False):
        raise NoPlaceError
    try:
        yield
    finally:
        _places.release()


def convert_now(
    content: bytes, preset: str = "", logo_type: str = "", adjustments: Adjustments = AS_PRESET
) -> tuple[Logo, Result] | None:
    """Convert an upload, or return None where that has to be left to a worker.

    That is so for a large image, while all places are taken, and for a logo that takes too long.

    Raises:
        RefusedImageError: if the image cannot be converted.
        ConversionError: if the tracer fails with every preset.
    """
    limit = settings.CONVERTER_INLINE_SECONDS or None
    started = time.perf_counter()
    try:
        if is_large(content):
            return None
        with inline_place():
            logo = read_upload(content)
            policy = RoutingPolicy.in_force()
            left = limit and max(0.1, limit - (time.perf_counter() - started))
            result = convert_logo(content, logo, preset, logo_type, policy, left, adjustments)
            return logo, result
    except (NoPlaceError, DecoderBusyError, SlowConversionError):
        return None
