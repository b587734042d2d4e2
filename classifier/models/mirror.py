"""What an MLflow server was told, and what it still has to hear."""

from datetime import timedelta

from django.db import models
from django.utils import timezone


class MirroredRow(models.Model):
    """A run, version or evaluation as an MLflow server knows it: the outbox, a row for each."""

    class Kind(models.TextChoices):
        RUN = "run", "run"
        VERSION = "version", "version"
        EVALUATION = "evaluation", "evaluation"
        ALIASES = "aliases", "aliases"

    server = models.CharField(max_length=300, help_text="Address; another one is told anew.")
    kind = models.CharField(max_length=10, choices=Kind)
    object_id = models.PositiveBigIntegerField()
    remote_id = models.CharField(max_length=80, blank=True, help_text="MLflow's own key.")
    run_id = models.CharField(max_length=80, blank=True, help_text="Of the MLflow run with files.")
    state = models.CharField(max_length=300, blank=True, help_text="What it was told last.")
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, help_text="Why it was not told; it is tried again.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["server", "kind", "object_id"], name="mirrored_once_per_server"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} at {self.server}"


class MirrorLease(models.Model):
    """Which process may talk to the server: one at a time, and never for ever."""

    busy_until = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Busy until {self.busy_until}"

    @classmethod
    def take(cls, seconds: float) -> bool:
        """Take the lease for that long; False if another process has it."""
        now = timezone.now()
        cls.objects.get_or_create(pk=1, defaults={"busy_until": now})
        free = cls.objects.filter(pk=1, busy_until__lte=now)
        return bool(free.update(busy_until=now + timedelta(seconds=seconds)))

    @classmethod
    def give_back(cls) -> None:
        """Let the next process begin."""
        cls.objects.filter(pk=1).update(busy_until=timezone.now())
