"""Whether a request that brings a large file comes from staff, told before its body is read."""

from collections.abc import Mapping
from copy import copy

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, parse_cookie
from django.urls import Resolver404, resolve
from rest_framework.exceptions import APIException


def from_staff(request: HttpRequest) -> bool:
    """Tell whether a session or a token of staff sends a request."""
    return bool(request.user.is_staff) or _by_token(request)


def header_from_staff(path: str, headers: Mapping[str, str]) -> bool:
    """Tell the same of a request of which only the header is there.

    Args:
        path: that is asked for.
        headers: by name, in capitals and with underscores.
    """
    request = HttpRequest()
    request.method = "POST"
    request.path = request.path_info = path
    request.META = {f"HTTP_{name}": text for name, text in headers.items()}
    request.COOKIES = parse_cookie(headers.get("COOKIE", ""))
    for middleware in (SessionMiddleware, AuthenticationMiddleware):
        middleware(_answer).process_request(request)
    return from_staff(request)


def _by_token(request: HttpRequest) -> bool:
    """Tell whether a token opens the address, as the view behind it will see it."""
    try:
        found = resolve(request.path_info).func
    except Resolver404:
        return False
    if not hasattr(found, "cls") or "HTTP_AUTHORIZATION" not in request.META:
        return False
    view = found.cls(**found.initkwargs)
    view.action_map = getattr(found, "actions", None)
    try:
        # A copy: whom a token names is written into the request, and the view would take that for
        # a session's user.
        return bool(view.initialize_request(copy(request)).user.is_staff)
    except APIException:  # unknown, expired, or for something else
        return False


def _answer(request: HttpRequest) -> HttpResponse:
    """Answer nothing: what a middleware stands before."""
    return HttpResponse()
