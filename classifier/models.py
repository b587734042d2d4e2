"""What the classifier stores: datasets and samples, runs and epochs, versions and evaluations."""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from classifier.logo_types import LABEL_CHOICES

BUNDLED_FOLDER = Path(__file__).parent / "bundled"  # versions that ship with the plug-in


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
    created_at = models.DateTimeField(default=timezone.now, editable=False)

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
        return Path(settings.CLASSIFIER_ROOT) / "datasets" / str(self.pk)


class Sample(models.Model):
    """One labelled logo image."""

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


class TrainingRun(models.Model):
    """One training, from its settings to its end. A worker claims it with a token."""

    class Status(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        CANCELLING = "cancelling", "cancelling"
        SUCCEEDED = "succeeded", "succeeded"
        CANCELLED = "cancelled", "cancelled"
        FAILED = "failed", "failed"
        LOST = "lost", "lost"

    ACTIVE = (Status.QUEUED, Status.RUNNING, Status.CANCELLING)
    RESUMABLE = (Status.CANCELLED, Status.FAILED, Status.LOST)

    dataset = models.ForeignKey(Dataset, models.SET_NULL, null=True, related_name="training_runs")
    dataset_fingerprint = models.CharField(max_length=64, blank=True)
    config = models.JSONField(help_text="TrainingConfig, as JSON.")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED, db_index=True)
    claim = models.UUIDField(null=True, editable=False, help_text="Token of the claiming worker.")
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    stage = models.CharField(max_length=20, blank=True)
    progress = models.FloatField(default=0, help_text="Share of the whole run done, 0 to 1.")
    seconds_left = models.FloatField(null=True)
    live = models.JSONField(
        default=dict, help_text="Last heartbeat: the present step, and what the machine does."
    )
    plain_train_accuracy = models.FloatField(
        null=True, help_text="Of the kept weights, on training images without augmentation."
    )
    analysis = models.JSONField(
        default=dict, help_text="Written at the end: see training/analysis.py."
    )
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def folder(self) -> Path:
        """Where this run's checkpoints live."""
        return Path(settings.CLASSIFIER_ROOT) / "runs" / str(self.pk)

    @property
    def is_active(self) -> bool:
        """Whether the run waits or works."""
        return self.status in self.ACTIVE

    def begin(self) -> uuid.UUID | None:
        """Claim a queued run for this process. None if another one has it, or it was cancelled."""
        token, now = uuid.uuid4(), timezone.now()
        claimed = TrainingRun.objects.filter(pk=self.pk, status=self.Status.QUEUED).update(
            status=self.Status.RUNNING, claim=token, heartbeat_at=now, started_at=now, error=""
        )
        return token if claimed else None


class RateTest(models.Model):
    """A learning-rate range test of some settings on a dataset. A worker claims it with a token."""

    Status = TrainingRun.Status
    ACTIVE = TrainingRun.ACTIVE

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="rate_tests")
    dataset_fingerprint = models.CharField(max_length=64, blank=True)
    config = models.JSONField(help_text="TrainingConfig, as JSON.")
    steps = models.PositiveIntegerField(default=100)
    status = models.CharField(
        max_length=10, choices=TrainingRun.Status, default=TrainingRun.Status.QUEUED, db_index=True
    )
    claim = models.UUIDField(null=True, editable=False, help_text="Token of the claiming worker.")
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    stage = models.CharField(max_length=20, blank=True)
    progress = models.FloatField(default=0, help_text="Share of the steps done, 0 to 1.")
    seconds_left = models.FloatField(null=True)
    curve = models.JSONField(default=list, help_text="Pairs of learning rate and smoothed loss.")
    suggested_rate = models.FloatField(null=True)
    diverged_rate = models.FloatField(null=True, help_text="Where the loss blew up, if it did.")
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Range test {self.pk}"

    @property
    def is_active(self) -> bool:
        """Whether the test waits or works."""
        return self.status in self.ACTIVE

    def begin(self) -> uuid.UUID | None:
        """Claim a queued test for this process. None if another one has it, or it is off."""
        token = uuid.uuid4()
        claimed = RateTest.objects.filter(pk=self.pk, status=self.Status.QUEUED).update(
            status=self.Status.RUNNING, claim=token, heartbeat_at=timezone.now()
        )
        return token if claimed else None


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
    def folder(self) -> Path:
        """Where the version's files are."""
        if self.bundled:
            return BUNDLED_FOLDER / self.name
        return Path(settings.CLASSIFIER_ROOT) / self.path


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
        return Path(settings.CLASSIFIER_ROOT) / "evaluations" / str(self.pk)


class EvaluationJob(models.Model):
    """A wish to evaluate a version on a split. A worker claims it with a token."""

    class Status(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        CANCELLING = "cancelling", "cancelling"
        SUCCEEDED = "succeeded", "succeeded"
        CANCELLED = "cancelled", "cancelled"
        FAILED = "failed", "failed"
        LOST = "lost", "lost"

    ACTIVE = (Status.QUEUED, Status.RUNNING, Status.CANCELLING)

    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="evaluation_jobs")
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="evaluation_jobs")
    split = models.CharField(max_length=5, choices=Sample.Split)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED, db_index=True)
    claim = models.UUIDField(null=True, editable=False, help_text="Token of the claiming worker.")
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    stage = models.CharField(max_length=20, blank=True)
    progress = models.FloatField(default=0, help_text="Share of the work done, 0 to 1.")
    seconds_left = models.FloatField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Evaluation of {self.version} on {self.get_split_display()}"

    @property
    def is_active(self) -> bool:
        """Whether the job waits or works."""
        return self.status in self.ACTIVE

    def begin(self) -> uuid.UUID | None:
        """Claim a queued job for this process. None if another one has it, or it was cancelled."""
        token = uuid.uuid4()
        claimed = EvaluationJob.objects.filter(pk=self.pk, status=self.Status.QUEUED).update(
            status=self.Status.RUNNING, claim=token, heartbeat_at=timezone.now()
        )
        return token if claimed else None


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


class LivePrediction(models.Model):
    """What a request to classify an image was answered. Neither image nor address is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    logo_type = models.CharField(max_length=10, choices=LABEL_CHOICES)
    confidence = models.FloatField()
    certain = models.BooleanField(help_text="False: the answer came with a doubt.")
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
        return Path(settings.CLASSIFIER_ROOT) / "studies" / str(self.pk)


class Trial(models.Model):
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
    claim = models.UUIDField(null=True, editable=False, help_text="Token of the claiming worker.")
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    stage = models.CharField(max_length=20, blank=True)
    progress = models.FloatField(default=0, help_text="Share of the trial done, 0 to 1.")
    seconds_left = models.FloatField(null=True)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

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

    @property
    def seconds(self) -> float | None:
        """How long it took, if it is over."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    def begin(self) -> uuid.UUID | None:
        """Claim a queued trial for this process. None if another one has it, or it is off."""
        token, now = uuid.uuid4(), timezone.now()
        claimed = Trial.objects.filter(pk=self.pk, status=self.Status.QUEUED).update(
            status=self.Status.RUNNING, claim=token, heartbeat_at=now, started_at=now
        )
        return token if claimed else None


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
