"""Training runs and range tests as kinds of work."""

from typing import Any

from django.db.models import QuerySet

from classifier.images import ImageError
from classifier.inference.manifest import ModelError
from classifier.models import Dataset, RateTest, TrainingRun
from classifier.runs.analyses import store_analysis
from classifier.runs.execution import train_version
from classifier.runs.notices import tell_of_run
from classifier.runs.observers import RunObserver
from classifier.runs.rate_tests import measure_rates
from classifier.training.config import InvalidConfigError
from classifier.training.errors import CheckpointError, NonFiniteLossError, WeightsError
from classifier.versions.variants import start_measurement
from classifier.work.heartbeat import Heartbeat
from classifier.work.kinds import End, Kind, register


class TrainingKind(Kind):
    """What all kinds of work that train on a dataset share."""

    permission = "add_trainingrun"
    foreseen = (
        InvalidConfigError,
        ModelError,
        NonFiniteLossError,
        CheckpointError,
        WeightsError,
        ImageError,
    )

    def dataset_id(self, row: Any) -> int | None:
        """Return the key of the dataset that a row trains on."""
        return row.dataset_id

    def explain(self, row: Any, error: Exception) -> str:
        """Say that the dataset is gone, or what settings need less memory."""
        if not Dataset.objects.filter(pk=self.dataset_id(row)).exists():
            return "The dataset was deleted while the run needed it."
        if isinstance(error, MemoryError):
            return "The memory is full. Lower batch_size or input_size."
        return super().explain(row, error)


@register
class TrainingRunKind(TrainingKind):
    """A training run: its end is a version, whose variants a worker measures next."""

    name = "training_run"
    row = TrainingRun
    again = "resume this run"
    stopped = "The worker was stopped. Resume the run to go on."
    lost = (
        "The worker fell silent: it was stopped or ran out of memory. "
        "Resume the run to go on from its last epoch."
    )

    def carry_out(self, row: TrainingRun, heartbeat: Heartbeat, listener: Any) -> None:
        """Train until there is a version."""
        train_version(row, RunObserver(heartbeat, listener))

    def ended(self, row: TrainingRun, end: End) -> None:
        """Store what the run's history says, and tell whoever wants to hear of it."""
        store_analysis(row.pk, end.error if isinstance(end.cause, NonFiniteLossError) else "")
        tell_of_run(row.pk, end)

    def follow(self, pk: int, row: TrainingRun | None) -> None:
        """Have the version's variants measured."""
        if row and row.status == row.Status.SUCCEEDED:
            start_measurement(row.version)


@register
class RateTestKind(TrainingKind):
    """A learning-rate range test: a short training with a rising rate."""

    name = "rate_test"
    row = RateTest
    again = "test again"
    stopped = "The worker was stopped. Start the test again."
    lost = "The worker fell silent. Start the test again."

    def rows(self) -> QuerySet:
        return RateTest.objects.select_related("dataset")

    def carry_out(self, row: RateTest, heartbeat: Heartbeat, listener: Any) -> None:
        """Measure the loss at rising rates."""
        measure_rates(row, heartbeat, listener)
