"""Refusing requests that bring too much before anything reads them."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from converter.protection.bodies import SMALL, for_staff, problem_with
from converter.protection.refusals import refusal
from converter.protection.staff import from_staff


class BodyLimitMiddleware:
    """Refuses a request that brings too much before anything reads it.

    It stands behind the authentication and before whatever parses forms.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, or refuse it with 413 or 507."""
        text = request.META.get("CONTENT_LENGTH") or "0"
        length = int(text) if text.isdecimal() else 0
        if found := problem_with(request.path, length):
            return refusal(request, *found)
        if length > SMALL and for_staff(request.path) and not from_staff(request):
            return refusal(
                request, HTTPStatus.FORBIDDEN, "Only staff can send files to this address."
            )
        return self.get_response(request)
