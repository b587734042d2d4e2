"""What versions answered on a split."""

from pathlib import Path

from django.db import models
from django.utils import timezone

from classifier.conf import conf
from classifier.logo_types import LABEL_CHOICES
from classifier.models.datasets import Dataset, Sample
from classifier.models.versions import ModelVersion
from classifier.models.work import ClaimedWork


class Evaluation(models.Model):
    """What a version scored on one split of one dataset, by one method."""

    class Method(models.TextChoices):
        NEURAL = "neural", "neural"
        RULES = "rules", "rules"
        HYBRID = "hybrid", "hybrid"

    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="evaluations")
    dataset = models.ForeignKey(Dataset, models.SET_NULL, null=True, related_name="evaluations")
    dataset_fingerprint = models.CharField(max_length=64)
    synthetic = models.BooleanField(default=False)
    split = models.CharField(max_length=5, choices=Sample.Split)
    method = models.CharField(
        max_length=6, choices=Method, default=Method.NEURAL, help_text="What was asked for."
    )
    sample_count = models.PositiveIntegerField()
    accuracy = models.FloatField()
    metrics = models.JSONField(help_text="Metrics, as JSON: see evaluation/metrics.py.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        method = "" if self.method == self.Method.NEURAL else f", {self.method}"
        return f"{self.version} on {self.get_split_display()}{method}"

    @property
    def folder(self) -> Path:
        """Where the pictures of its wrong answers live."""
        return Path(conf.ROOT) / "evaluations" / str(self.pk)


class EvaluationJob(ClaimedWork):
    """A wish to evaluate a version on a split. A worker claims it with a token."""

    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="evaluation_jobs")
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="evaluation_jobs")
    split = models.CharField(max_length=5, choices=Sample.Split)
    model_only = models.BooleanField(
        default=False, help_text="No other methods, corruptions and pictures."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Evaluation of {self.version} on {self.get_split_display()}"


class Prediction(models.Model):
    """What an evaluation answered for one sample."""

    evaluation = models.ForeignKey(Evaluation, models.CASCADE, related_name="predictions")
    sample = models.ForeignKey(Sample, models.CASCADE, related_name="predictions")
    answer = models.CharField(max_length=10, choices=LABEL_CHOICES)
    confidence = models.FloatField(help_text="Probability of the answer.")
    probabilities = models.JSONField(help_text="One per class, in the order of CLASS_NAMES.")

    class Meta:
        ordering = ["-confidence"]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "sample"], name="prediction_once_per_evaluation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sample}: {self.answer}"

    @property
    def saliency_file(self) -> Path:
        """Where the picture of what decided a wrong answer is, if there is one."""
        return self.evaluation.folder / f"{self.sample_id}.webp"
