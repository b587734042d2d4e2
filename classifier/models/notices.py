"""What people and programs are told of, who wants to hear it, and how telling them went."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone


class Event(models.TextChoices):
    """What can be told of."""

    RUN_ENDED = "run.ended", "a training run ended"
    VERSION_PASSED = "version.passed", "a version passed its gate"
    RETRAINING_ENDED = "retraining.ended", "a retraining ended"
    DRIFT = "drift", "live traffic moved away from validation"
    WORK_LOST = "work.lost", "work was lost"
    TEST = "test", "a trial"


class Subscription(models.Model):
    """A wish to be told of some events, by mail or as a signed request to an address."""

    class Channel(models.TextChoices):
        MAIL = "mail", "mail"
        WEBHOOK = "webhook", "webhook"

    channel = models.CharField(max_length=7, choices=Channel)
    address = models.CharField(max_length=500, help_text="A mail address, or an https URL.")
    events = models.JSONField(help_text="Names of the events.")
    secret = models.CharField(max_length=80, blank=True, help_text="A webhook's key, in base64.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} to {self.address}"

    @property
    def event_names(self) -> list[str]:
        """What it is for, in words."""
        labels = dict(Event.choices)
        return [str(labels.get(name, name)) for name in self.events]


class Notice(models.Model):
    """Something that happened. Its deliveries carry it to those who want to hear of it."""

    event = models.CharField(max_length=20, choices=Event)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    data = models.JSONField(default=dict, help_text="For programs.")
    key = models.CharField(max_length=200, blank=True, db_index=True, help_text="Told once a week.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.subject


class DeliveryQuerySet(models.QuerySet):
    """Several deliveries."""

    def due(self, now: datetime) -> Self:
        """Return those whose next try has come, the longest waiting first."""
        return self.filter(next_at__lte=now).order_by("next_at")


class Delivery(models.Model):
    """One notice on its way to one subscriber."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="deliveries")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(
        null=True, default=timezone.now, db_index=True, help_text="Empty: done, or given up."
    )
    done_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True, help_text="To the last try.")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.notice} to {self.subscription}"

    @property
    def state(self) -> str:
        """Say how it stands: delivered, waiting or given up."""
        if self.done_at:
            return "delivered"
        return "waiting" if self.next_at else "given up"
