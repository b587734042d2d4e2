"""Which version served from when on, by whom, and why."""

from django.db import models
from django.utils import timezone

from classifier.models.versions import ModelVersion


class Promotion(models.Model):
    """A version's coming into production. Names are kept: versions and accounts may go.

    Live answers are deleted after some time; what they said by then is added to the counts here.
    """

    class Kind(models.TextChoices):
        PROMOTED = "promoted", "promoted"
        ROLLED_BACK = "rolled_back", "rolled back to"
        INSTALLED = "installed", "came with the program"

    version = models.ForeignKey(ModelVersion, models.SET_NULL, null=True, related_name="promotions")
    version_name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.PROMOTED)
    by = models.CharField(max_length=150, blank=True, help_text="Empty: the program itself.")
    reason = models.TextField(blank=True)
    red = models.JSONField(default=list, help_text="What its gate refused at that time.")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    ended_at = models.DateTimeField(null=True, help_text="Empty: it serves.")
    answers = models.PositiveBigIntegerField(default=0, help_text="Of those deleted since.")
    judged = models.PositiveBigIntegerField(default=0)
    right = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.version_name}, {self.get_kind_display()}"
