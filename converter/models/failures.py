"""Conversions that did not come about: nothing is kept of the image."""

from django.db import models
from django.utils import timezone

from converter.conversion import ConversionError
from converter.models.conversions import VisitorQuerySet


class Failure(models.Model):
    """One image that became no drawing, and why."""

    class Kind(models.TextChoices):
        REFUSED = "refused", "refused"  # no image, or one that is not taken
        FAILED = "failed", "failed"  # read, but not traced

    kind = models.CharField(max_length=8, choices=Kind)
    message = models.CharField(max_length=300, help_text="What the visitor was told.")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    objects = VisitorQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.message


def record_failure(error: Exception) -> None:
    """Note that an image was refused or could not be traced."""
    kinds = Failure.Kind
    kind = kinds.FAILED if isinstance(error, ConversionError) else kinds.REFUSED
    Failure.objects.create(kind=kind, message=str(error)[:300])
