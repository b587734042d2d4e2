"""Wrong passwords and lockouts in the audit log, and sign-ins in the log's lines."""

import logging
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from converter.models import AuditEntry
from converter.monitoring.request_log import current_request_id
from converter.protection.addresses import client_address

logger = logging.getLogger(__name__)
_LOCKED_OUT = "Was locked out for too many wrong passwords"


@receiver(user_logged_in)
def tell_sign_in(request: HttpRequest | None, user: AbstractBaseUser, **signal: Any) -> None:
    """Log who signed in; the table of axes keeps it."""
    if request is not None:
        logger.info("%s: Signed in, from %s", user.get_username(), client_address(request))


@receiver(user_login_failed)
def note_failure(request: HttpRequest | None, credentials: dict[str, Any], **signal: Any) -> None:
    """Note a wrong password. Attempts that are not looked at any more would fill the log."""
    if not getattr(request, "axes_locked_out", False):
        _note(request, str(credentials.get("username")), "Failed to sign in")


@receiver(user_locked_out)
def note_lockout(request: HttpRequest | None, username: str, **signal: Any) -> None:
    """Note the attempt after which no more are looked at; those that follow are not counted."""
    if getattr(request, "axes_failures_since_start", None) is None:
        return
    _note(request, str(username), _LOCKED_OUT)


def _note(request: HttpRequest | None, name: str, action: str) -> None:
    if request is None:  # a program of ours, such as a test
        return
    source = client_address(request)
    logger.warning("%s: %s, from %s", name[:150], action, source)
    AuditEntry.objects.create(
        user=name[:150],
        action=action,
        address=request.path[:200],
        source=source,
        request_id=current_request_id(),
    )
