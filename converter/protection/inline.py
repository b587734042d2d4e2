"""Converting while visitors wait: so many at a time."""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from converter.images import DecoderBusyError
from converter.protection.refusals import refusal

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
