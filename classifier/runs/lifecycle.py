"""Training runs as people see them: starting, cancelling, resuming."""

import shutil

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from classifier.datasets.training_data import split_counts
from classifier.models import Dataset, TrainingRun
from classifier.runs.starts import started_from
from classifier.runs.teachers import check_teacher
from classifier.training.config import TrainingConfig
from classifier.work.queue import enqueue

Status = TrainingRun.Status


class RunError(Exception):
    """A run cannot be started, cancelled or resumed; the message says why."""


def create_run(
    dataset: Dataset, config: TrainingConfig, user: AbstractBaseUser | None = None
) -> TrainingRun:
    """Store a queued run, without telling a worker of it.

    Raises:
        RunError: if the dataset is not ready.
        InvalidConfigError: if the config does not fit the dataset, or its teacher or the version
            that it starts from is unknown.
    """
    if dataset.status != Dataset.Status.READY:
        raise RunError(f"The dataset {dataset.name} is not ready ({dataset.get_status_display()}).")
    config = started_from(config)
    config.check_data(split_counts(dataset))
    check_teacher(config)
    run = TrainingRun.objects.create(
        dataset=dataset,
        dataset_fingerprint=dataset.fingerprint,
        config=config.to_json(),
        created_by=user,
    )
    # Checkpoints of the same number were left by another database; they are not this run's.
    shutil.rmtree(run.folder, ignore_errors=True)
    return run


def start_run(
    dataset: Dataset, config: TrainingConfig, user: AbstractBaseUser | None = None
) -> TrainingRun:
    """Store a run and give it to a worker once the transaction is over.

    Raises:
        RunError: if the dataset is not ready.
        InvalidConfigError: if the config does not fit the dataset.
    """
    with transaction.atomic():
        run = create_run(dataset, config, user)
        enqueue(run)
    return run


def cancel_run(run: TrainingRun) -> None:
    """Take a queued run back, or ask a running one to stop at its next step.

    Raises:
        RunError: if the run is over.
    """
    TrainingRun.objects.filter(pk=run.pk).cancel()
    run.refresh_from_db()
    if run.status not in (Status.CANCELLED, Status.CANCELLING):
        raise RunError(f"{run} is over ({run.get_status_display()}): there is nothing to cancel.")


def resume_run(run: TrainingRun) -> None:
    """Queue a cancelled, failed or lost run again; it goes on from its last checkpoint.

    Raises:
        RunError: if the run is not in such a state, or its dataset is gone or was changed.
    """
    with transaction.atomic():
        requeue(run)
        enqueue(run)


def requeue(run: TrainingRun) -> None:
    """Make a run that ended early a queued one, without telling a worker of it.

    Raises:
        RunError: if the run is not in such a state, or its dataset is gone or was changed.
    """
    if run.dataset is None:
        raise RunError(f"The dataset of {run} was deleted.")
    if run.dataset.fingerprint != run.dataset_fingerprint:
        raise RunError(f"The dataset {run.dataset.name} was changed: start a new run instead.")
    queued = TrainingRun.objects.filter(pk=run.pk, status__in=TrainingRun.RESUMABLE).update(
        status=Status.QUEUED,
        claim=None,
        error="",
        live={},
        analysis={},
        plain_train_accuracy=None,
        finished_at=None,
        seconds_left=None,
    )
    run.refresh_from_db()
    if not queued:
        raise RunError(f"{run} cannot be resumed: it is {run.get_status_display()}.")


LONGEST_TAGS, LONGEST_NOTES = 200, 5000


def describe_run(run: TrainingRun, tags: str, notes: str) -> None:
    """Keep what somebody wants to remember of a run.

    Args:
        run: of any state.
        tags: words, with spaces or commas between.
        notes: any text.

    Raises:
        RunError: if either is too long.
    """
    words = " ".join(dict.fromkeys(tags.replace(",", " ").split()))
    if len(words) > LONGEST_TAGS or len(notes) > LONGEST_NOTES:
        raise RunError(
            f"Tags have {LONGEST_TAGS} characters at most in all, notes {LONGEST_NOTES}."
        )
    run.tags, run.notes = words, notes.strip()
    run.save(update_fields=["tags", "notes"])
