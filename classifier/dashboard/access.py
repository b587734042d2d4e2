"""Who may see the dashboard."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]


def staff_only(view: View) -> View:
    """Send anonymous people to the sign-in page, and refuse those who are not staff."""

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_staff:
            raise PermissionDenied("The dashboard is for staff.")
        return view(request, *args, **kwargs)

    return checked


def require_permission(request: HttpRequest, permission: str) -> None:
    """Refuse staff that lack a permission of the classifier, such as `change_trainingrun`.

    Raises:
        PermissionDenied: if the user lacks it.
    """
    if not request.user.has_perm(f"classifier.{permission}"):
        raise PermissionDenied(f"You lack the permission {permission}.")
