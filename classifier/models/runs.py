"""Trainings and what they measured."""

from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils import timezone

from classifier.conf import conf
from classifier.models.datasets import Dataset
from classifier.models.work import ClaimedWork, ClaimedWorkQuerySet


class TrainingRunQuerySet(ClaimedWorkQuerySet):
    """Several runs."""

    def tagged(self, tag: str) -> Self:
        """Return the runs that have a tag."""
        return self.annotate(
            spaced=Concat(Value(" "), "tags", Value(" "), output_field=models.TextField())
        ).filter(spaced__contains=f" {tag} ")


class TrainingRun(ClaimedWork):
    """One training, from its settings to its end. A worker claims it with a token."""

    RESUMABLE = (
        ClaimedWork.Status.CANCELLED,
        ClaimedWork.Status.FAILED,
        ClaimedWork.Status.LOST,
    )

    dataset = models.ForeignKey(Dataset, models.SET_NULL, null=True, related_name="training_runs")
    dataset_fingerprint = models.CharField(max_length=64, blank=True)
    config = models.JSONField(help_text="TrainingConfig, as JSON.")
    live = models.JSONField(
        default=dict, help_text="Last heartbeat: the present step, and what the machine does."
    )
    plain_train_accuracy = models.FloatField(
        null=True, help_text="Of the kept weights, on training images without augmentation."
    )
    analysis = models.JSONField(
        default=dict, help_text="Written at the end: see training/analysis.py."
    )
    tags = models.CharField(max_length=200, blank=True, help_text="Words, with a space between.")
    notes = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def tag_list(self) -> list[str]:
        """Its tags."""
        return self.tags.split()

    @property
    def folder(self) -> Path:
        """Where this run's checkpoints live."""
        return Path(conf.ROOT) / "runs" / str(self.pk)


class EpochMetric(models.Model):
    """What one epoch of a run measured."""

    run = models.ForeignKey(TrainingRun, models.CASCADE, related_name="epochs")
    epoch = models.PositiveIntegerField(help_text="Counts from 1 over all stages.")
    stage = models.CharField(max_length=20)
    train_loss = models.FloatField()
    train_accuracy = models.FloatField()
    val_loss = models.FloatField()
    val_accuracy = models.FloatField()
    learning_rate = models.FloatField(help_text="Of the head, at the end of the epoch.")
    backbone_learning_rate = models.FloatField(default=0)
    gradient_norm = models.FloatField(default=0, help_text="Mean over the epoch, before clipping.")
    images_per_second = models.FloatField()
    seconds = models.FloatField()
    memory_mb = models.FloatField(default=0, help_text="Peak resident memory of the worker.")
    train_loss_max = models.FloatField(default=0, help_text="Of one step.")
    gradient_norm_max = models.FloatField(default=0, help_text="Of one step, before clipping.")
    non_finite_steps = models.PositiveIntegerField(
        default=0, help_text="Left out, because their gradient was not finite."
    )
    val_confusion = models.JSONField(
        default=list, help_text="Counts: a row per true class, a column per answer."
    )

    class Meta:
        ordering = ["epoch"]
        constraints = [models.UniqueConstraint(fields=["run", "epoch"], name="epoch_once_per_run")]

    def __str__(self) -> str:
        return f"{self.run}, epoch {self.epoch}"


class RateTest(ClaimedWork):
    """A learning-rate range test of some settings on a dataset. A worker claims it with a token."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="rate_tests")
    dataset_fingerprint = models.CharField(max_length=64, blank=True)
    config = models.JSONField(help_text="TrainingConfig, as JSON.")
    steps = models.PositiveIntegerField(default=100)
    curve = models.JSONField(default=list, help_text="Pairs of learning rate and smoothed loss.")
    suggested_rate = models.FloatField(null=True)
    diverged_rate = models.FloatField(null=True, help_text="Where the loss blew up, if it did.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Range test {self.pk}"
