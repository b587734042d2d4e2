"""Signing in: who has tried too often, and the second factor of those who have one."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from axes.models import AccessBase, AccessLog
from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django_otp import match_token, user_has_device

from converter.protection.addresses import client_address
from converter.protection.refusals import refusal

_KNOWN_FOR = timedelta(days=90)


def lockout_parameters(
    asked: HttpRequest | AccessBase, credentials: dict[str, Any] | None
) -> list[str]:
    """Return what failures are counted by: the address, and the account.

    Only the address where somebody signed in to the account from it before. A stranger who guesses
    at an account from many addresses locks out strangers, not the person that it belongs to.
    """
    if isinstance(asked, AccessBase):
        name, address = asked.username, asked.ip_address
    else:
        name, address = (credentials or {}).get("username"), client_address(asked)
    since = timezone.now() - _KNOWN_FOR
    known = AccessLog.objects.filter(username=name, ip_address=address, attempt_time__gte=since)
    return ["ip_address"] if known.exists() else ["ip_address", "username"]


def locked_out(
    request: HttpRequest, original: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """Answer whoever has tried too often."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() / 60)
    return refusal(
        request,
        HTTPStatus.TOO_MANY_REQUESTS,
        f"Too many wrong passwords. Try again in {minutes} minutes.",
        {"Retry-After": str(minutes * 60)},
    )


class SignInForm(AuthenticationForm):
    """Name, password, and the code of an authenticator for whoever has set one up."""

    code = forms.CharField(
        label="Code of your authenticator, if you have one",
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        """Want the code of accounts that have a device, and a device of staff if it is demanded.

        Raises:
            forms.ValidationError: saying what is missing.
        """
        super().confirm_login_allowed(user)
        if not user_has_device(user):
            if settings.TWO_FACTOR_REQUIRED and user.is_staff:
                raise forms.ValidationError(
                    "Staff need a second factor here. An operator sets one up with: "
                    f"python manage.py two_factor {user.get_username()}"
                )
            return
        code = self.cleaned_data.get("code", "").replace(" ", "")
        if not code or match_token(user, code) is None:
            raise forms.ValidationError(
                "Enter the code that your authenticator shows now, or one of your spare codes."
            )
