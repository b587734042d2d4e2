"""The audit log: each change that somebody who is logged in made on a page or by the API.

The entry belongs to the change's transaction: there is neither one without the other.
"""

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import SAFE_METHODS

from converter.models import AuditEntry
from converter.monitoring.request_log import current_request_id
from converter.monitoring.words import words_for
from converter.protection.addresses import client_address

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
        """Answer the request; see `process_view`."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict
    ) -> HttpResponse | None:
        """Call the view and note what it changed, in one transaction."""
        if request.method in SAFE_METHODS or not _concerns(request):
            return None
        _keep_json(request)
        with transaction.atomic():
            response = view(request, *args, **kwargs)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            elif response.status_code < 400 and request.user.is_authenticated:
                _note(request)
        return response


def _note(request: HttpRequest) -> None:
    AuditEntry.objects.create(
        user=request.user.get_username(),
        action=words_for(request.resolver_match.view_name)[:100],
        address=_plain(request.path),
        source=client_address(request),
        values=_values(request),
        request_id=current_request_id(),
    )


def _concerns(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.app_name in _AUDITED and match.url_name not in _OPEN


def _keep_json(request: HttpRequest) -> None:
    """Have a body of JSON stay readable after the view has read it."""
    if request.content_type == "application/json":
        try:
            _ = request.body
        except RequestDataTooBig:
            return  # the view refuses it, too


def _values(request: HttpRequest) -> dict[str, str]:
    """Return what was sent, without secrets and shortened; of files their names and sizes."""
    if request.content_type == "application/json":
        sent = json.loads(request.body or b"{}")
        pairs = _flat(sent) if isinstance(sent, dict) else {}
    else:
        pairs = {name: request.POST[name] for name in request.POST}
        pairs |= {
            name: ", ".join(f"{file.name} ({file.size} bytes)" for file in files)
            for name, files in request.FILES.lists()
        }
    shown = [name for name in pairs if not any(part in name.lower() for part in _HIDDEN)]
    return {_plain(name): _plain(pairs[name]) for name in shown[:_MOST_FIELDS]}


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested values by dotted names, as a form would send them."""
    pairs: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            pairs |= _flat(value, f"{prefix}{name}.")
        else:
            pairs[f"{prefix}{name}"] = value if isinstance(value, str) else json.dumps(value)
    return pairs


def _plain(text: str) -> str:
    """Return a text that every database stores: PostgreSQL takes no zero character."""
    return text[:_LONGEST].replace("\x00", "\N{REPLACEMENT CHARACTER}")
