"""Answers for what no view answers: 503 where something that the project rests on is away."""

import errno
import sys

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import server_error

from converter.images import DecoderBusyError
from converter.protection.refusals import is_api, problem

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
        if is_api(request):
            return problem(500, "Something is wrong here; the log says what.")
        return server_error(request)
    headers = {"Retry-After": _RETRY_SECONDS}
    if is_api(request):
        return problem(503, outage, headers)
    return HttpResponse(outage, status=503, content_type="text/plain", headers=headers)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for an address that there is not."""
    if is_api(request):
        return problem(404, f"There is nothing at {request.path}.")
    faults = ["Perhaps the address is mistyped, or what was here has been deleted."]
    if request.path.startswith(("/conversions/", "/batches/")):
        faults = [
            "Conversions are deleted after "
            f"{settings.CONVERSION_DAYS} days, or earlier by the person who made them.",
            "Only the browser in which a logo was converted can show its page.",
        ]
    return _page(request, "There is nothing here", faults, 404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for what the person who asks may not do."""
    if is_api(request):
        return problem(403, "You may not do this.")
    who = f"You are signed in as {request.user}. " if request.user.is_authenticated else ""
    fault = f"{who}This takes an account with more rights: ask whoever runs this site."
    return _page(request, "You may not do this", [fault], 403)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer for a form without the token that belongs to the visitor: CSRF_FAILURE_VIEW."""
    if is_api(request):
        return problem(403, f"The request was refused: {reason}")
    faults = [
        "The page was open for too long, or its cookies are blocked. "
        "Go back, load it again, and send the form once more."
    ]
    return _page(request, "The form has expired", faults, 403)


def _page(request: HttpRequest, title: str, faults: list[str], status: int) -> HttpResponse:
    return render(request, "problem.html", {"title": title, "faults": faults}, status=status)
