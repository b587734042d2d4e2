"""Searches for good settings."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone

from classifier.conf import conf
from classifier.models.datasets import Dataset
from classifier.models.work import ClaimedWork


class Study(models.Model):
    """A search for good settings: trials on a part of the data, with few epochs."""

    class Status(models.TextChoices):
        RUNNING = "running", "running"
        SUCCEEDED = "succeeded", "succeeded"
        CANCELLED = "cancelled", "cancelled"
        FAILED = "failed", "failed"

    RESUMABLE = (Status.CANCELLED, Status.FAILED)

    dataset = models.ForeignKey(Dataset, models.SET_NULL, null=True, related_name="studies")
    dataset_fingerprint = models.CharField(max_length=64, blank=True)
    config = models.JSONField(help_text="TrainingConfig of a full run; trials vary the space.")
    space = models.JSONField(help_text="What varies: see training/search_space.py.")
    trial_count = models.PositiveIntegerField(help_text="Trials to do.")
    share = models.FloatField(help_text="Of the training images that a trial sees, 0 to 1.")
    epochs = models.PositiveIntegerField(help_text="Of a trial, over all stages.")
    parallel = models.PositiveIntegerField(default=1, help_text="Trials at the same time.")
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING, db_index=True)
    error = models.TextField(blank=True)
    importances = models.JSONField(
        default=dict, blank=True, help_text="How much each setting decides, by name; sums to 1."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return f"Study {self.pk}"

    @property
    def folder(self) -> Path:
        """Where its trials keep decoded images and checkpoints while it runs."""
        return Path(conf.ROOT) / "studies" / str(self.pk)


class Trial(ClaimedWork):
    """One short training of a study. A worker claims it with a token."""

    class Status(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        CANCELLING = "cancelling", "cancelling"
        COMPLETE = "complete", "complete"
        PRUNED = "pruned", "pruned"
        CANCELLED = "cancelled", "cancelled"
        FAILED = "failed", "failed"

    ACTIVE = (Status.QUEUED, Status.RUNNING, Status.CANCELLING)
    MEASURED = (Status.COMPLETE, Status.PRUNED)
    SPENT = (*MEASURED, Status.FAILED)  # count among the study's trials

    study = models.ForeignKey(Study, models.CASCADE, related_name="trials")
    number = models.PositiveIntegerField(help_text="From 1, within its study.")
    values = models.JSONField(default=dict, help_text="Of the study's parameters, by name.")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED, db_index=True)
    curve = models.JSONField(default=list, help_text="Validation accuracy of each epoch.")
    value = models.FloatField(null=True, help_text="Validation accuracy that it reached.")

    class Meta:
        ordering = ["study", "number"]
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="trial_once_per_study")
        ]

    def __str__(self) -> str:
        return f"{self.study}, trial {self.number}"

    @property
    def folder(self) -> Path:
        """Where its checkpoints live while it runs."""
        return self.study.folder / f"trial-{self.number}"
