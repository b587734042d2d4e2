"""Answers for what no view answers: 503 where something that the project rests on is away."""

import errno
import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import page_not_found, server_error

from converter.images import DecoderBusyError

_RETRY_SECONDS = "10"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


def outage_of(error: BaseException | None) -> str:
    """Say in a sentence what is away; an empty string if the error is a fault of another kind."""
    if isinstance(error, OperationalError | InterfaceError):
        return "The database cannot be reached at the moment. Please try again shortly."
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return "Files cannot be stored at the moment. Please try again later."
    if isinstance(error, DecoderBusyError):
        return str(error)
    return ""


def internal_error(request: HttpRequest) -> HttpResponse:
    """Answer an exception that no view handled: 503 for an outage, else 500."""
    outage = outage_of(sys.exc_info()[1])
    if not outage:
        if _is_api(request):
            return _problem(500, "Something is wrong here; the log says what.")
        return server_error(request)
    headers = {"Retry-After": _RETRY_SECONDS}
    if _is_api(request):
        return _problem(503, outage, headers)
    return HttpResponse(outage, status=503, content_type="text/plain", headers=headers)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for an address that there is not."""
    if _is_api(request):
        return _problem(404, f"There is nothing at {request.path}.")
    return page_not_found(request, exception)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JsonResponse:
    """Answer in the form that the API has for everything that goes wrong (RFC 9457)."""
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": {},
    }
    media_type = "application/problem+json"
    return JsonResponse(problem, status=status, headers=headers, content_type=media_type)
