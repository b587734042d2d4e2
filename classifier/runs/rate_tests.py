"""Learning-rate range tests as work for a worker: started, carried out, cancelled, looked up."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from classifier.datasets.training_data import split_counts, training_data
from classifier.models import Dataset, RateTest, TrainingRun
from classifier.runs.lifecycle import RunError
from classifier.runs.observers import PacedObserver
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.reporting import TrainingObserver
from classifier.work.heartbeat import Heartbeat
from classifier.work.queue import enqueue

Status = RateTest.Status
LEAST_STEPS, MOST_STEPS = 20, 1000
# What a rate depends on; a test of other settings says nothing of a run.
_ALIKE = ("backbone", "head", "pooling", "input_size", "batch_size", "optimizer", "loss")


def create_rate_test(
    dataset: Dataset,
    config: TrainingConfig,
    steps: int = 100,
    user: AbstractBaseUser | None = None,
) -> RateTest:
    """Store a queued test, without telling a worker of it.

    Raises:
        RunError: if the dataset is not ready.
        InvalidConfigError: if the settings do not fit the dataset, or for too few or many steps.
    """
    if dataset.status != Dataset.Status.READY:
        raise RunError(f"The dataset {dataset.name} is not ready ({dataset.get_status_display()}).")
    if not LEAST_STEPS <= steps <= MOST_STEPS:
        reason = f"must be from {LEAST_STEPS} to {MOST_STEPS}, not {steps}"
        raise InvalidConfigError({"steps": reason})
    config.check_data(split_counts(dataset))
    return RateTest.objects.create(
        dataset=dataset,
        dataset_fingerprint=dataset.fingerprint,
        config=config.to_json(),
        steps=steps,
        created_by=user,
    )


def start_rate_test(
    dataset: Dataset, config: TrainingConfig, user: AbstractBaseUser | None = None
) -> RateTest:
    """Store a test and give it to a worker once the transaction is over.

    Raises:
        RunError: if the dataset is not ready.
        InvalidConfigError: if the settings do not fit the dataset.
    """
    with transaction.atomic():
        test = create_rate_test(dataset, config, user=user)
        enqueue(test)
    return test


def cancel_rate_test(test: RateTest) -> None:
    """Take a queued test back, or ask a working one to stop. One that is over stays as it is."""
    RateTest.objects.filter(pk=test.pk).cancel()


def measure_rates(
    test: RateTest, heartbeat: Heartbeat, listener: TrainingObserver | None = None
) -> None:
    """Carry out a test: store its curve and the rate that it suggests.

    Raises:
        TrainingStoppedError: if it was cancelled.
        InvalidConfigError, ImageError: as
            `classifier.training.range_test.find_learning_rate`.
    """
    from classifier.training.range_test import find_learning_rate

    observer = PacedObserver(heartbeat, listener)
    config = TrainingConfig.from_json(test.config)
    data = training_data(test.dataset, config.twins, observer)
    found = find_learning_rate(config, data, test.dataset.folder, observer, test.steps)
    RateTest.objects.filter(pk=test.pk).update(
        curve=found.curve,
        suggested_rate=found.suggested,
        diverged_rate=found.diverged,
    )


def rate_test_of(run: TrainingRun) -> RateTest | None:
    """Return the newest finished test on the run's data with the settings that matter."""
    tests = RateTest.objects.filter(
        dataset_fingerprint=run.dataset_fingerprint,
        status=Status.SUCCEEDED,
        suggested_rate__isnull=False,
    )
    same = (t for t in tests if all(t.config.get(n) == run.config.get(n) for n in _ALIKE))
    return next(same, None)
