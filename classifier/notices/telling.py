"""Events become notices, and notices deliveries: rows that a short task carries out."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from classifier.conf import conf
from classifier.models import Delivery, Event, Notice, Subscription

ONCE_IN = timedelta(days=7)  # the same thing is told again after that
KEPT = timedelta(days=90)


def tell(event: Event, subject: str, text: str, path: str = "", key: str = "", **data: Any) -> None:
    """Let subscribers hear of an event, with the transaction that brought it about.

    Args:
        event: its kind.
        subject: one line.
        text: a few sentences for people.
        path: of a page about it.
        key: what it is about; the same is told once a week at most. Empty: always.
        data: values for programs.
    """
    if key and Notice.objects.filter(key=key, at__gt=timezone.now() - ONCE_IN).exists():
        return
    wanting = [s for s in Subscription.objects.all() if event in s.events]
    if not wanting and not key:
        return
    link = f"{conf.SITE_URL.rstrip('/')}{path}" if conf.SITE_URL and path else ""
    with transaction.atomic():
        notice = Notice.objects.create(
            event=event,
            subject=subject[:200],
            text=f"{text}\n\n{link}".strip(),
            data={**data, **({"url": link} if link else {})},
            key=key[:200],
        )
        deliver(notice, wanting)


def page(name: str, *args: int) -> str:
    """Return the path of one of the dashboard's pages; nothing in a host that left these out."""
    try:
        return reverse(f"dashboard:{name}", args=args)
    except NoReverseMatch:
        return ""


def deliver(notice: Notice, subscriptions: list[Subscription]) -> None:
    """Put a notice on its way."""
    Delivery.objects.bulk_create(
        Delivery(notice=notice, subscription=subscription) for subscription in subscriptions
    )


def try_out(subscription: Subscription) -> None:
    """Send a subscriber a trial."""
    notice = Notice.objects.create(
        event=Event.TEST, subject="A trial", text="Whoever reads this is subscribed."
    )
    deliver(notice, [subscription])


def forget_old() -> None:
    """Delete notices with their deliveries after 90 days."""
    Notice.objects.filter(at__lt=timezone.now() - KEPT).delete()
