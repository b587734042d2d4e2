"""Carrying out deliveries: each is tried until it succeeds, less and less often."""

import json
import logging
from datetime import timedelta
from smtplib import SMTPException

import httpx
from django.core.mail import send_mail
from django.db.models import F
from django.utils import timezone

from classifier.models import Delivery, Subscription
from classifier.notices.webhooks import RefusedAddressError, post

logger = logging.getLogger(__name__)
MOST_AT_ONCE = 10  # so that the task ends well before the queue would give it to another worker
ATTEMPTS = 8
_FIRST_PAUSE, _FACTOR = 10, 4  # seconds: 10, 40, 160 … nearly 12 hours


class DeliveryError(Exception):
    """A try did not succeed; the message says how it was answered."""


def pause(attempts: int) -> timedelta:
    """Return how long to wait after that many tries."""
    return timedelta(seconds=_FIRST_PAUSE * _FACTOR ** (attempts - 1))


def send_due() -> int:
    """Try the deliveries that are due; return how many succeeded."""
    now = timezone.now()
    due = Delivery.objects.due(now).select_related("notice", "subscription")
    return sum(_try(delivery) for delivery in list(due[:MOST_AT_ONCE]))


def _try(delivery: Delivery) -> bool:
    """Try a delivery once, unless another process does; a crash costs this try only."""
    attempts = delivery.attempts + 1
    again = timezone.now() + pause(attempts) if attempts < ATTEMPTS else None
    claimed = Delivery.objects.filter(pk=delivery.pk, next_at=delivery.next_at).update(
        attempts=F("attempts") + 1, next_at=again
    )
    if not claimed:
        return False
    mine = Delivery.objects.filter(pk=delivery.pk)
    try:
        answer = _send(delivery)
    except DeliveryError as error:
        mine.update(answer=str(error)[:300])
        logger.warning("%s failed: %s", delivery, error)
        return False
    mine.update(answer=answer[:300], done_at=timezone.now(), next_at=None)
    return True


def _send(delivery: Delivery) -> str:
    if delivery.subscription.channel == Subscription.Channel.MAIL:
        return _mail(delivery)
    return _webhook(delivery)


def _mail(delivery: Delivery) -> str:
    notice = delivery.notice
    subject = " ".join(notice.subject.split())
    try:
        send_mail(subject, notice.text, None, [delivery.subscription.address])
    except (SMTPException, OSError) as error:
        raise DeliveryError(
            f"The mail server refused it or could not be reached: {error}"
        ) from error
    return "taken by the mail server"


def _webhook(delivery: Delivery) -> str:
    notice, subscription = delivery.notice, delivery.subscription
    content = {
        "type": notice.event,
        "timestamp": notice.at.isoformat(),
        "data": {"subject": notice.subject, "text": notice.text, **notice.data},
    }
    body = json.dumps(content).encode()
    now = int(timezone.now().timestamp())
    message_id = f"notice-{notice.pk}-{delivery.pk}"  # the same for each try
    try:
        status = post(subscription.address, subscription.secret, message_id, now, body)
    except (RefusedAddressError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise DeliveryError(str(error) or type(error).__name__) from error
    if not 200 <= status < 300:
        raise DeliveryError(f"It answered {status}.")
    return f"answered {status}"
