"""Retraining by itself: the schedule, and each pass from accepted labels to a shadow."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from classifier.models.datasets import Dataset
from classifier.models.runs import TrainingRun
from classifier.models.versions import ModelVersion
from classifier.models.work import ClaimedWork


class RetrainingSchedule(models.Model):
    """When to retrain, and how. There is one row."""

    enabled = models.BooleanField(default=False)
    threshold = models.PositiveIntegerField(
        default=50, help_text="So many new labels start a retraining."
    )
    head_epochs = models.PositiveSmallIntegerField(default=1)
    top_epochs = models.PositiveSmallIntegerField(default=0)
    full_epochs = models.PositiveSmallIntegerField(default=4)
    shadow = models.BooleanField(default=True, help_text="Let the candidate answer unseen.")
    changed_by = models.CharField(max_length=150, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return "on" if self.enabled else "off"

    @classmethod
    def load(cls) -> "RetrainingSchedule":
        """Return the schedule; a default one that is not stored if nobody has set it."""
        return cls.objects.first() or cls(pk=1)


class Retraining(ClaimedWork):
    """One pass: a dataset with the new labels, a run from production on, a comparison, a shadow."""

    production = models.ForeignKey(
        ModelVersion, models.SET_NULL, null=True, related_name="+", help_text="To start from."
    )
    base = models.ForeignKey(
        Dataset, models.SET_NULL, null=True, related_name="+", help_text="To take labels into."
    )
    dataset = models.ForeignKey(Dataset, models.SET_NULL, null=True, related_name="+")
    run = models.ForeignKey(TrainingRun, models.SET_NULL, null=True, related_name="retrainings")
    plan = models.JSONField(default=dict, help_text="Epochs by stage, and whether to shadow.")
    corrections = models.PositiveIntegerField(default=0, help_text="New when it began.")
    proposals = models.PositiveIntegerField(default=0, help_text="New when it began.")
    result = models.JSONField(default=dict, help_text="How the comparison ended, and the shadow.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Retraining {self.pk}"

    @property
    def candidate(self) -> ModelVersion | None:
        """The version that came of it, if there is one by now."""
        return getattr(self.run, "version", None) if self.run else None
