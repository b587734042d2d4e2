"""Labelled logos, and what people said of their labels."""

from pathlib import Path
from typing import Self

from django.db import models
from django.utils import timezone

from classifier.conf import conf
from classifier.logo_types import CLASS_NAMES, LABEL_CHOICES
from classifier.models.work import ClaimedWork


class DatasetQuerySet(models.QuerySet):
    """Datasets by what can be done with them."""

    def ready(self) -> Self:
        return self.filter(status=Dataset.Status.READY)


class Dataset(models.Model):
    """A set of labelled logos, split by brand. Its images live in one folder of their own."""

    class Source(models.TextChoices):
        PACKAGES = "packages", "logo packages"
        FOLDER = "folder", "folder"
        SYNTHETIC = "synthetic", "synthetic"

    class Status(models.TextChoices):
        BUILDING = "building", "building"
        READY = "ready", "ready"
        FAILED = "failed", "failed"

    name = models.CharField(max_length=80, unique=True)
    source = models.CharField(max_length=12, choices=Source)
    status = models.CharField(max_length=10, choices=Status, default=Status.BUILDING)
    seed = models.PositiveIntegerField(default=0)
    fingerprint = models.CharField(
        max_length=64,
        blank=True,
        help_text="sha256 over the sorted sample hashes, labels and splits.",
    )
    dropped = models.JSONField(
        default=dict, blank=True, help_text="How many logos were left out, by reason."
    )
    error = models.TextField(blank=True)
    base = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, help_text="What it was made of, if so."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} (synthetic)" if self.is_synthetic else self.name

    @property
    def is_synthetic(self) -> bool:
        """Whether the logos were drawn by this project: fit for tests, not for quoted figures."""
        return self.source == self.Source.SYNTHETIC

    @property
    def folder(self) -> Path:
        """Where this dataset's images and array caches live."""
        return Path(conf.ROOT) / "datasets" / str(self.pk)


class SampleQuerySet(models.QuerySet):
    """Samples by their labels and splits."""

    def of_classes(self, split: str = "") -> Self:
        """Return those whose label is a class, not ambiguous; of one split, or of any."""
        found = self.filter(label__in=CLASS_NAMES)
        return found.filter(split=split) if split else found


class Sample(models.Model):
    """A logo image of a dataset, with its label, split and source."""

    class Split(models.TextChoices):
        TRAIN = "train", "train"
        VAL = "val", "validation"
        TEST = "test", "test"
        NONE = "", "none"

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="samples")
    path = models.CharField(max_length=200, help_text="Image file, relative to dataset.folder.")
    sha256 = models.CharField(
        max_length=64, help_text="Of the source file (SVG, or the image as imported)."
    )
    label = models.CharField(max_length=10, choices=LABEL_CHOICES)
    measured_label = models.CharField(
        max_length=10,
        choices=LABEL_CHOICES,
        blank=True,
        help_text="What the measures of the source say, before any person's correction.",
    )
    split = models.CharField(max_length=5, choices=Split, blank=True)
    brand = models.CharField(max_length=120)
    package = models.CharField(max_length=80)
    name = models.CharField(max_length=120, blank=True, help_text="Of the file in its package.")
    source_path = models.CharField(
        max_length=200, blank=True, help_text="Vector source, relative to dataset.folder."
    )
    licence = models.CharField(max_length=80, blank=True)
    background = models.CharField(
        max_length=7, default="#ffffff", help_text="Colour that a transparent image is composed on."
    )
    measures = models.JSONField(default=dict, blank=True)
    label_quality = models.FloatField(
        null=True, help_text="0 to 1, by models that have not seen the logo; low: a likely error."
    )
    expected_label = models.CharField(
        max_length=10, choices=LABEL_CHOICES, blank=True, help_text="What those models answered."
    )

    objects = SampleQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "sha256"], name="sample_once_per_dataset")
        ]
        indexes = [models.Index(fields=["dataset", "split", "label"])]

    def __str__(self) -> str:
        return f"{self.brand} ({self.label})"

    @property
    def file(self) -> Path:
        """Absolute path of the image."""
        return self.dataset.folder / self.path

    @property
    def vector_file(self) -> Path | None:
        """Absolute path of the SVG that the image was rendered from, if there is one."""
        return self.dataset.folder / self.source_path if self.source_path else None


class LabelCorrection(models.Model):
    """What a person said about a logo's label. Kept by source hash, so that rebuilds honour it."""

    sha256 = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=10, choices=LABEL_CHOICES)
    measured_label = models.CharField(max_length=10, choices=LABEL_CHOICES, blank=True)
    note = models.CharField(max_length=200, blank=True)
    corrected_by = models.CharField(max_length=150)
    corrected_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-corrected_at"]

    def __str__(self) -> str:
        return f"{self.sha256[:12]}: {self.label}"


class DatasetBuild(ClaimedWork):
    """A worker's filling of a dataset that was ordered, from packages or an uploaded zip."""

    dataset = models.OneToOneField(Dataset, models.CASCADE, primary_key=True, related_name="build")

    def __str__(self) -> str:
        return f"Build of {self.dataset}"


class LabelCheck(ClaimedWork):
    """A search for likely label errors in a dataset; it fills the samples' `label_quality`."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="label_checks")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Label check of {self.dataset}"


class AugmentationPreview(ClaimedWork):
    """The drawing of what augmentation makes of a dataset's logos under some settings."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="previews")
    config = models.JSONField(help_text="Those settings of TrainingConfig that the picture shows.")
    key = models.CharField(max_length=20, db_index=True, help_text="Name of the picture's file.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Augmentation preview of {self.dataset}"


class Proposal(models.Model):
    """A logo that an uploader gives to the data set, with the type that they say it has.

    Nothing trains on it before somebody has accepted it and a data set was built again.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        ACCEPTED = "accepted", "accepted"
        REJECTED = "rejected", "rejected"

    sha256 = models.CharField(max_length=64, unique=True, help_text="Of the stored PNG.")
    label = models.CharField(max_length=10, choices=LABEL_CHOICES)
    answered = models.CharField(
        max_length=10, choices=LABEL_CHOICES, blank=True, help_text="By the classifier."
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.PROPOSED, db_index=True)
    consent_at = models.DateTimeField(
        default=timezone.now, help_text="When the uploader agreed that it is kept and learnt from."
    )
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-consent_at"]

    def __str__(self) -> str:
        return f"{self.sha256[:12]}: {self.label} ({self.status})"

    @property
    def file(self) -> Path:
        """Absolute path of the image."""
        return Path(conf.ROOT) / "proposals" / f"{self.sha256}.png"
