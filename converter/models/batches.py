"""Several logos that are converted as one job, each by a task of its own."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from converter.adjusting.options import Adjustments
from converter.conversion import Choice
from converter.models.conversions import Conversion, VisitorQuerySet
from converter.presets import LOGO_TYPES, PRESETS


def upload_name(item: "BatchItem", name: str) -> str:
    """Where an upload waits to be converted; what the uploader called it plays no part."""
    return f"batches/{item.batch_id}/{item.pk}"


class Batch(models.Model):
    """Several uploads of one visitor, and how they are to be traced."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    visitor = models.UUIDField(db_index=True, help_text="Who may see it; kept in the session.")
    preset = models.CharField(max_length=20, blank=True, choices=[(name, name) for name in PRESETS])
    logo_type = models.CharField(
        max_length=20, blank=True, choices=[(name, name) for name in LOGO_TYPES]
    )
    adjustments = models.JSONField(
        default=dict, help_text="What is changed of the presets: see converter.adjusting."
    )
    name = models.CharField(max_length=120, blank=True, help_text="What its visitor calls it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    started_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="When workers were last given its items."
    )

    objects = VisitorQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return self.name or f"Batch {self.pk}"

    @property
    def choice(self) -> Choice:
        """How its items are to be traced that have no choice of their own."""
        return Choice(self.preset, self.logo_type, Adjustments.of(self.adjustments))

    def drawings(self) -> list[Conversion]:
        """Return what its items became, in their order."""
        found = Conversion.objects.filter(batch_item__batch=self)
        return list(found.order_by("batch_item__position"))

    def delete_with_files(self) -> None:
        """Delete the rows and then what still waits to be converted; conversions stay."""
        uploads = [item.upload for item in self.items.filter(status=BatchItem.Status.WAITING)]
        self.delete()
        for upload in uploads:
            upload.delete(save=False)


class BatchItemQuerySet(models.QuerySet):
    """Items by what is to become of them."""

    def stranded(self) -> "BatchItemQuerySet":
        """Return what waits for longer than a queue takes to deliver a lost task again."""
        limit = timezone.now() - timedelta(seconds=settings.QUEUE_VISIBILITY_TIMEOUT)
        return self.filter(status=BatchItem.Status.WAITING, queued_at__lt=limit)


class BatchItem(models.Model):
    """One upload of a batch. It waits until a worker has converted it, or cannot."""

    class Status(models.TextChoices):
        WAITING = "waiting", "waiting"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField(help_text="Among the uploads of the batch, from 0.")
    name = models.CharField(max_length=120, help_text="What the uploader called it; for display.")
    upload = models.FileField(upload_to=upload_name, help_text="Gone once it was converted.")
    upload_bytes = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=9, choices=Status, default=Status.WAITING, db_index=True)
    message = models.CharField(max_length=300, blank=True, help_text="Why it failed.")
    choice = models.JSONField(
        default=dict,
        help_text="How to trace it instead of as the batch says: preset, logo_type, adjustments.",
    )
    attempts = models.PositiveIntegerField(default=0, help_text="Tasks that began on it.")
    queued_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)
    conversion = models.OneToOneField(
        Conversion, models.SET_NULL, null=True, related_name="batch_item"
    )

    objects = BatchItemQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="batch_position_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def wanted(self) -> Choice:
        """How it is to be traced."""
        return Choice.of(self.choice) if self.choice else self.batch.choice
