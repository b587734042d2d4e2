"""Work that a worker process claims, watches over and ends: what its rows have in common."""

import uuid
from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.utils import timezone

from classifier.conf import conf


class ClaimedWorkQuerySet(models.QuerySet):
    """Several pieces of work at once."""

    def cancel(self) -> None:
        """Take queued work back, and ask running work to stop. What is over stays as it is."""
        status = self.model.Status
        self.filter(status=status.QUEUED).update(
            status=status.CANCELLED, finished_at=timezone.now()
        )
        self.filter(status=status.RUNNING).update(status=status.CANCELLING)

    def refuse(self, error: str) -> None:
        """End queued work as failed: the queue did not accept it."""
        status = self.model.Status
        self.filter(status=status.QUEUED).update(
            status=status.FAILED, finished_at=timezone.now(), error=error
        )

    def active(self) -> Self:
        """Return the work that waits or is being done."""
        return self.filter(status__in=self.model.ACTIVE)

    def silent(self) -> Self:
        """Return the work whose worker has not been heard of for too long."""
        status = self.model.Status
        limit = timezone.now() - timedelta(seconds=conf.HEARTBEAT_TIMEOUT_SECONDS)
        return self.filter(status__in=(status.RUNNING, status.CANCELLING), heartbeat_at__lt=limit)

    def mark_lost(self, error: str, status: str = "lost") -> int:
        """End silent work; return how much of it was lost. What was to be cancelled, is."""
        silent, known = self.silent(), self.model.Status
        end = {"claim": None, "finished_at": timezone.now(), "seconds_left": None}
        silent.filter(status=known.CANCELLING).update(status=known.CANCELLED, **end)
        return silent.filter(status=known.RUNNING).update(status=status, error=error, **end)


class ClaimedWork(models.Model):
    """Work for one worker process, which claims it with a token and gives signs of life."""

    class Status(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        CANCELLING = "cancelling", "cancelling"
        SUCCEEDED = "succeeded", "succeeded"
        CANCELLED = "cancelled", "cancelled"
        FAILED = "failed", "failed"
        LOST = "lost", "lost"

    ACTIVE = (Status.QUEUED, Status.RUNNING, Status.CANCELLING)

    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED, db_index=True)
    claim = models.UUIDField(null=True, editable=False, help_text="Token of the claiming worker.")
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    stage = models.CharField(max_length=20, blank=True)
    progress = models.FloatField(default=0, help_text="Share of the work done, 0 to 1.")
    seconds_left = models.FloatField(null=True)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ClaimedWorkQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_active(self) -> bool:
        """Whether it waits or works."""
        return self.status in self.ACTIVE

    @property
    def seconds(self) -> float | None:
        """How long it took, if it is over."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    def begin(self) -> uuid.UUID | None:
        """Claim queued work for this process. None if another one has it, or it was cancelled."""
        token, now = uuid.uuid4(), timezone.now()
        claimed = (
            type(self)
            .objects.filter(pk=self.pk, status=self.Status.QUEUED)
            .update(
                status=self.Status.RUNNING, claim=token, heartbeat_at=now, started_at=now, error=""
            )
        )
        return token if claimed else None

    def end(self, claim: uuid.UUID, status: str, error: str = "", **values: Any) -> bool:
        """Store how it ended, with further columns; False if it is another process's by now."""
        ended = (
            type(self)
            .objects.filter(pk=self.pk, claim=claim)
            .update(
                status=status,
                error=error,
                claim=None,
                seconds_left=None,
                finished_at=timezone.now(),
                **values,
            )
        )
        return bool(ended)
