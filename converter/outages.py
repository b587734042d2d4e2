"""Answers for when something that the project rests on is away: 503 instead of 500."""

import errno
import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import server_error

_RETRY_SECONDS = "10"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


def outage_of(error: BaseException | None) -> str:
    """Say in a sentence what is away; an empty string if the error is a fault of another kind."""
    if isinstance(error, OperationalError | InterfaceError):
        return "The database cannot be reached at the moment. Please try again shortly."
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return "Files cannot be stored at the moment. Please try again later."
    return ""


def internal_error(request: HttpRequest) -> HttpResponse:
    """Answer an exception that no view handled: 503 for an outage, else Django's own page."""
    outage = outage_of(sys.exc_info()[1])
    if not outage:
        return server_error(request)
    headers = {"Retry-After": _RETRY_SECONDS}
    if request.path.startswith("/api/"):
        problem = {
            "type": "about:blank",
            "title": HTTPStatus.SERVICE_UNAVAILABLE.phrase,
            "status": 503,
            "detail": outage,
            "errors": {},
        }
        media_type = "application/problem+json"
        return JsonResponse(problem, status=503, headers=headers, content_type=media_type)
    return HttpResponse(outage, status=503, content_type="text/plain", headers=headers)
