"""Logos whose labels would teach most, as workers chose them, and what people answered."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from classifier.logo_types import LABEL_CHOICES
from classifier.models.datasets import Proposal, Sample
from classifier.models.work import ClaimedWork


class LabelSelection(ClaimedWork):
    """The choice of the logos to label next."""

    candidate_count = models.PositiveIntegerField(default=0, help_text="Of which it chose.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Selection {self.pk} of logos to label"


class SelectedLogo(models.Model):
    """One logo of a selection: a sample of a dataset, or a proposal."""

    selection = models.ForeignKey(LabelSelection, models.CASCADE, related_name="logos")
    rank = models.PositiveSmallIntegerField(help_text="From 1: the one that teaches most.")
    sample = models.ForeignKey(Sample, models.CASCADE, null=True, related_name="+")
    proposal = models.ForeignKey(Proposal, models.CASCADE, null=True, related_name="+")
    answer = models.CharField(
        max_length=10, choices=LABEL_CHOICES, help_text="By the version in production."
    )
    confidence = models.FloatField(help_text="Probability of the answer.")
    reason = models.CharField(max_length=300, help_text="Why its label would teach something.")
    label = models.CharField(
        max_length=10, choices=LABEL_CHOICES, blank=True, help_text="What a person answered."
    )
    labelled_by = models.CharField(max_length=150, blank=True)
    labelled_at = models.DateTimeField(null=True)
    before = models.JSONField(
        null=True, help_text="The correction that the label replaced, for undoing."
    )

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["selection", "rank"], name="one_logo_per_rank"),
            models.CheckConstraint(
                condition=Q(sample__isnull=False) ^ Q(proposal__isnull=False),
                name="selected_sample_or_proposal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sample or self.proposal}: {self.label or 'not labelled'}"
