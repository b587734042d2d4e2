"""Trained models, and the forms in which they can serve."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from classifier.conf import conf
from classifier.models import version_store
from classifier.models.runs import TrainingRun
from classifier.models.work import ClaimedWork

BUNDLED_FOLDER = Path(__file__).parents[1] / "bundled"  # versions that ship with the plug-in


class ModelVersion(models.Model):
    """A trained model: one folder of files whose manifest says everything about it."""

    class Stage(models.TextChoices):
        CANDIDATE = "candidate", "candidate"
        SHADOW = "shadow", "shadow"
        PRODUCTION = "production", "production"
        RETIRED = "retired", "retired"

    name = models.CharField(max_length=80, unique=True)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.CANDIDATE)
    run = models.OneToOneField(
        TrainingRun, models.SET_NULL, null=True, blank=True, related_name="version"
    )
    path = models.CharField(max_length=300, help_text="Folder, relative to CLASSIFIER_ROOT.")
    bundled = models.BooleanField(default=False, help_text="Ships with the plug-in.")
    backbone = models.CharField(max_length=40)
    input_size = models.PositiveSmallIntegerField()
    dataset_fingerprint = models.CharField(max_length=64, blank=True)
    manifest = models.JSONField()
    manifest_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    promoted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        permissions = [("override_gate", "Can promote a version that its gate refuses")]
        constraints = [
            models.UniqueConstraint(
                fields=["stage"],
                condition=Q(stage="production"),
                name="one_version_in_production",
            ),
            models.UniqueConstraint(
                fields=["stage"], condition=Q(stage="shadow"), name="one_version_in_shadow"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def own_folder(self) -> Path:
        """Where its files are on the machine that made the version, or imported it."""
        if self.bundled:
            return BUNDLED_FOLDER / self.name
        return Path(conf.ROOT) / self.path

    @property
    def folder(self) -> Path:
        """Where its files are on this machine; they are fetched first if machines share versions.

        Raises:
            ModelError: if they cannot be fetched.
        """
        if self.bundled or not version_store.is_shared():
            return self.own_folder
        return version_store.fetched(self.manifest_sha256)


VARIANT_FIGURES = (
    "kind",
    "file",
    "bytes",
    "accuracy",
    "agreement",
    "ms_one",
    "ms_batch",
    "load_seconds",
    "peak_mb",
    "sample_count",
)


class ModelVariant(models.Model):
    """One form in which a version could serve, and what it was measured to be worth and cost."""

    class Kind(models.TextChoices):
        ORIGINAL = "fp32", "original, 32-bit floats"
        WEIGHTS = "int8-weights", "weights stored in 8 bits"
        STATIC = "int8-static", "pointwise layers calculated in 8 bits"
        DYNAMIC = "torch-dynamic", "PyTorch, linear layers in 8 bits (for comparison)"

    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="variants")
    kind = models.CharField(max_length=16, choices=Kind)
    file = models.CharField(max_length=80, blank=True, help_text="Empty: it cannot serve.")
    bytes = models.PositiveBigIntegerField()
    accuracy = models.FloatField(help_text="On the validation split.")
    agreement = models.FloatField(help_text="Share of the original's answers that it gives, too.")
    ms_one = models.FloatField(help_text="Median of the network for one image.")
    ms_batch = models.FloatField(help_text="Median per image in a batch of 16.")
    load_seconds = models.FloatField(null=True, help_text="In a fresh process, imports included.")
    peak_mb = models.FloatField(null=True, help_text="Peak memory of that process.")
    sample_count = models.PositiveIntegerField()
    dataset_fingerprint = models.CharField(max_length=64)
    measured_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "kind"], name="variant_once_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.kind}"


class VariantMeasurement(ClaimedWork):
    """A measurement of a version's variants, which also fits its router."""

    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="measurements")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Variants of {self.version}"


class EnsembleBuild(ClaimedWork):
    """The making of one version of several."""

    members = models.JSONField(help_text="Names of the versions.")
    version = models.OneToOneField(
        ModelVersion, models.SET_NULL, null=True, blank=True, related_name="ensemble_build"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Ensemble of {', '.join(self.members)}"
