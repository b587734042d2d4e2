"""Subscriptions: checked when they are made; a webhook's key is shown then and never again."""

import base64
import secrets
from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from classifier.models import Event, Subscription
from classifier.notices.webhooks import RefusedAddressError, check_url

SECRET_PREFIX = "whsec_"  # noqa: S105 - as the Standard Webhooks specification has it
EVENTS = tuple(event for event in Event if event != Event.TEST)


class SubscriptionError(Exception):
    """A subscription cannot be made; the message says why."""


def subscribe(
    channel: str, address: str, events: Sequence[str], user: AbstractBaseUser | None
) -> tuple[Subscription, str]:
    """Store a subscription; return it and a webhook's key, which nobody can see again.

    Raises:
        SubscriptionError: for an address that cannot be told anything, or no known event.
    """
    chosen = [str(event) for event in EVENTS if event in events]
    if not chosen:
        raise SubscriptionError("Choose at least one event.")
    if channel not in Subscription.Channel:
        raise SubscriptionError("Choose mail or webhook.")
    key = ""
    try:
        if channel == Subscription.Channel.MAIL:
            validate_email(address)
        else:
            check_url(address)
            key = base64.b64encode(secrets.token_bytes(32)).decode()
    except ValidationError as error:
        raise SubscriptionError("This is no mail address.") from error
    except RefusedAddressError as error:
        raise SubscriptionError(str(error)) from error
    subscription = Subscription.objects.create(
        channel=channel, address=address, events=chosen, secret=key, created_by=user
    )
    return subscription, f"{SECRET_PREFIX}{key}" if key else ""
