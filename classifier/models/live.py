"""What live requests were answered."""

import uuid

from django.db import models
from django.utils import timezone

from classifier.logo_types import LABEL_CHOICES
from classifier.models.versions import ModelVersion


class LivePrediction(models.Model):
    """What a request to classify an image was answered. Neither image nor address is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    logo_type = models.CharField(max_length=10, choices=LABEL_CHOICES)
    confidence = models.FloatField()
    certain = models.BooleanField(help_text="False: the answer came with a doubt.")
    familiar = models.BooleanField(
        null=True, help_text="False: it does not look like a logo. Empty: nothing could tell."
    )
    method = models.CharField(max_length=10, help_text="What answered: neural or rules.")
    model_version = models.CharField(max_length=80, blank=True, help_text="Empty for the rules.")
    milliseconds = models.FloatField()
    cached = models.BooleanField(default=False, help_text="The same file was answered before.")
    right = models.BooleanField(null=True, help_text="What the caller said of the answer, if so.")
    true_type = models.CharField(
        max_length=10, choices=LABEL_CHOICES, blank=True, help_text="By the caller."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.logo_type} ({self.confidence:.0%})"


class ShadowPrediction(models.Model):
    """What the shadow version would have answered to a live request."""

    prediction = models.ForeignKey(LivePrediction, models.CASCADE, related_name="shadows")
    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="shadow_predictions")
    logo_type = models.CharField(max_length=10, choices=LABEL_CHOICES)
    confidence = models.FloatField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["prediction", "version"], name="shadow_once_per_prediction"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.logo_type}"
