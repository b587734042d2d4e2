"""The audit log: each change that somebody who is logged in made on a page or by the API."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import SAFE_METHODS

from converter.models import AuditEntry
from converter.monitoring.request_log import current_request_id

# Where staff work. Converting and classifying, open to everybody, are no changes of this kind.
_AUDITED = ("dashboard", "admin", "classifier-api")
_OPEN = ("classify", "proposals")
_HIDDEN = ("csrfmiddlewaretoken", "password", "token", "secret")
_MOST_FIELDS = 60
_LONGEST = 200


class AuditLogMiddleware:
    """Stores who changed what. It stands here, so that no page or endpoint can forget it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, and note it if it changed something."""
        response = self.get_response(request)
        if request.method not in SAFE_METHODS and response.status_code < 400 and _concerns(request):
            AuditEntry.objects.create(
                user=request.user.get_username(),
                action=request.resolver_match.view_name[:100],
                address=request.path[:200],
                values=_values(request),
                request_id=current_request_id(),
            )
        return response


def _concerns(request: HttpRequest) -> bool:
    match = request.resolver_match
    if match is None or match.app_name not in _AUDITED or match.url_name in _OPEN:
        return False
    return request.user.is_authenticated


def _values(request: HttpRequest) -> dict[str, str]:
    """Return what a form sent, without secrets and shortened."""
    shown = [name for name in request.POST if not any(part in name.lower() for part in _HIDDEN)]
    return {name[:_LONGEST]: request.POST[name][:_LONGEST] for name in shown[:_MOST_FIELDS]}
