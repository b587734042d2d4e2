"""Learning-rate range tests as work for a worker: started, carried out, cancelled, looked up."""

import logging

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from classifier.models import Dataset, RateTest, TrainingRun
from classifier.runs.lifecycle import RunError, split_counts
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.reporting import SilentObserver, TrainingObserver
from classifier.work.heartbeat import Heartbeat
from classifier.work.queue import enqueue

logger = logging.getLogger(__name__)
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
    from classifier.tasks import find_learning_rate

    with transaction.atomic():
        test = create_rate_test(dataset, config, user=user)
        enqueue(test, find_learning_rate, "test again")
    return test


def cancel_rate_test(test: RateTest) -> None:
    """Take a queued test back, or ask a working one to stop. One that is over stays as it is."""
    RateTest.objects.filter(pk=test.pk).cancel()


class _Observer(SilentObserver):
    """Passes progress to a heartbeat and a listener, and cancellation back."""

    def __init__(self, heartbeat: Heartbeat, listener: TrainingObserver) -> None:
        self.heartbeat = heartbeat
        self.listener = listener
        self.began = timezone.now()

    def on_progress(self, stage: str, progress: float, seconds_left: float | None) -> None:
        """Estimate the time left by the steps so far."""
        passed = (timezone.now() - self.began).total_seconds()
        left = passed * (1 - progress) / progress if progress else None
        self.heartbeat.stage, self.heartbeat.progress = stage, progress
        self.heartbeat.seconds_left = left
        self.listener.on_progress(stage, progress, left)

    def should_stop(self) -> bool:
        """Stop when the test was cancelled."""
        return self.heartbeat.stop.is_set() or self.listener.should_stop()


def execute_rate_test(test_id: int, listener: TrainingObserver | None = None) -> RateTest | None:
    """Carry out a queued test; return it as it ended, or None if there was nothing to do.

    Whatever happens, the row says how it ended; an unforeseen exception is raised, too.
    """
    from classifier.runs.execution import end_of

    test = RateTest.objects.select_related("dataset").filter(pk=test_id).first()
    claim = test.begin() if test else None
    if test is None or claim is None:
        logger.info("Range test %s is not waiting: nothing to do.", test_id)
        return None
    test.refresh_from_db()
    status, reason = Status.LOST, "The worker was stopped. Start the test again."
    heartbeat = Heartbeat(test, claim)
    try:
        with heartbeat:
            _measure(test, _Observer(heartbeat, listener or SilentObserver()))
        status, reason = Status.SUCCEEDED, ""
    except Exception as error:
        status, reason = end_of(test.dataset_id, error)
        if not reason and status == Status.FAILED:
            reason = f"{type(error).__name__}: {error}"
            raise
    finally:
        test.end(claim, status, reason)
    return RateTest.objects.filter(pk=test.pk).first()


def _measure(test: RateTest, observer: TrainingObserver) -> None:
    from classifier.runs.execution import training_data
    from classifier.training.range_test import find_learning_rate

    config = TrainingConfig.from_json(test.config)
    data = training_data(test.dataset, config.twins, observer)
    found = find_learning_rate(config, data, test.dataset.folder, observer, test.steps)
    RateTest.objects.filter(pk=test.pk).update(
        curve=found.curve,
        suggested_rate=found.suggested,
        diverged_rate=found.diverged,
        progress=1.0,
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


def mark_lost_rate_tests() -> int:
    """Mark tests whose worker has been silent for too long; return how many there were."""
    return RateTest.objects.mark_lost("The worker fell silent. Start the test again.")
