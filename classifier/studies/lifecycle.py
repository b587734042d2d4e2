"""Studies as people see them: starting, cancelling, resuming, and what their trials found."""

import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from classifier.conf import conf
from classifier.datasets.training_data import split_counts
from classifier.models import Dataset, EpochMetric, Study, Trial
from classifier.runs.starts import started_from
from classifier.runs.teachers import check_teacher
from classifier.training.config import TrainingConfig
from classifier.training.search_space import (
    PARAMETERS,
    Budget,
    choose_space,
    trial_config,
    trial_seconds,
)
from classifier.work.queue import enqueue

_FIRST_FAILURES = 3  # without a single result, so many failed trials end a study


class StudyError(Exception):
    """A study cannot be started, cancelled, resumed or used; the message says why."""


def create_study(
    dataset: Dataset,
    config: TrainingConfig,
    budget: Budget,
    parameters: Iterable[str] = tuple(PARAMETERS),
    user: AbstractBaseUser | None = None,
) -> Study:
    """Store a study without any trial.

    Args:
        dataset: what trials train and validate on.
        config: settings of a full run; trials vary some of them.
        budget: what to spend.
        parameters: names of the settings to vary.
        user: who wants it.

    Raises:
        StudyError: if the dataset is not ready.
        InvalidConfigError: if settings, budget and dataset do not fit each other.
    """
    if dataset.status != Dataset.Status.READY:
        state = dataset.get_status_display()
        raise StudyError(f"The dataset {dataset.name} is not ready ({state}).")
    counts = split_counts(dataset)
    config.check_data(counts)
    config = started_from(config)
    check_teacher(config)
    train_count = budget.train_count(sum(counts["train"].values()))
    space = choose_space(parameters, train_count, config.batch_size)
    trial_config(config, {}, budget.epochs)
    study = Study.objects.create(
        dataset=dataset,
        dataset_fingerprint=dataset.fingerprint,
        config=config.to_json(),
        space={name: parameter.to_json() for name, parameter in space.items()},
        trial_count=budget.trials,
        share=budget.share,
        epochs=budget.epochs,
        parallel=budget.parallel,
        created_by=user,
    )
    # Files of the same number were left by another database; they are not this study's.
    shutil.rmtree(study.folder, ignore_errors=True)
    return study


def start_study(
    dataset: Dataset,
    config: TrainingConfig,
    budget: Budget,
    parameters: Iterable[str] = tuple(PARAMETERS),
    user: AbstractBaseUser | None = None,
) -> Study:
    """Store a study and give its first trials to workers once the transaction is over.

    Raises:
        StudyError, InvalidConfigError: see `create_study`.
    """
    with transaction.atomic():
        study = create_study(dataset, config, budget, parameters, user)
        schedule_trials(study.pk)
    return study


def schedule_trials(study_id: int) -> None:
    """Give workers the trials that are due, once the transaction is over."""
    with transaction.atomic():
        for trial in create_trials(study_id):
            enqueue(trial)


def create_trials(study_id: int) -> list[Trial]:
    """Store the trials that are due now, and end a study that has none left.

    May be called at any time, by several processes at once.
    """
    with transaction.atomic():
        study = Study.objects.select_for_update().filter(pk=study_id).first()
        if study is None or study.status != Study.Status.RUNNING:
            return []
        counts = Counter(study.trials.values_list("status", flat=True))
        spent = sum(counts[status] for status in Trial.SPENT)
        active = sum(counts[status] for status in Trial.ACTIVE)
        measured = sum(counts[status] for status in Trial.MEASURED)
        if not measured and counts[Trial.Status.FAILED] >= _FIRST_FAILURES:
            return _end(study, "The first trials all failed; the last one says why.")
        if spent >= study.trial_count:
            return _end(study, "" if measured else "All trials failed; the last one says why.")
        due = min(study.parallel - active, study.trial_count - spent - active)
        first = study.trials.count() + 1
        return [
            Trial.objects.create(study=study, number=number) for number in range(first, first + due)
        ]


def cancel_study(study: Study) -> None:
    """End a study: waiting trials are off, running ones are asked to stop.

    Raises:
        StudyError: if it is over.
    """
    with transaction.atomic():
        cancelled = Study.objects.filter(pk=study.pk, status=Study.Status.RUNNING).update(
            status=Study.Status.CANCELLED, finished_at=timezone.now()
        )
        study.refresh_from_db()
        if not cancelled:
            state = study.get_status_display()
            raise StudyError(f"{study} is over ({state}): there is nothing to cancel.")
        study.trials.cancel()
    clear_files(study)


def resume_study(study: Study) -> None:
    """Go on with a study that was cancelled or failed.

    Raises:
        StudyError: if it is in another state, or its dataset is gone or was changed.
    """
    with transaction.atomic():
        reopen(study)
        schedule_trials(study.pk)


def reopen(study: Study) -> None:
    """Let a study that was cancelled or failed run again, without telling a worker of it.

    Failed trials are kept, but are done again in new ones.

    Raises:
        StudyError: if it is in another state, or its dataset is gone or was changed.
    """
    if study.dataset is None:
        raise StudyError(f"The dataset of {study} was deleted.")
    if study.dataset.fingerprint != study.dataset_fingerprint:
        name = study.dataset.name
        raise StudyError(f"The dataset {name} was changed: start a new study instead.")
    with transaction.atomic():
        reopened = Study.objects.filter(pk=study.pk, status__in=Study.RESUMABLE).update(
            status=Study.Status.RUNNING, error="", finished_at=None
        )
        study.refresh_from_db()
        if not reopened:
            raise StudyError(f"{study} cannot be resumed: it is {study.get_status_display()}.")
        study.trials.filter(status=Trial.Status.FAILED).update(status=Trial.Status.CANCELLED)


def stranded_studies() -> set[int]:
    """Return the keys of running studies that no worker is busy with.

    Their trials' workers have fallen silent, or the last one ended before it could pass on the
    baton.
    """
    limit = timezone.now() - timedelta(seconds=conf.HEARTBEAT_TIMEOUT_SECONDS)
    running = Study.objects.filter(status=Study.Status.RUNNING)
    idle = running.exclude(trials__status__in=Trial.ACTIVE).exclude(trials__finished_at__gt=limit)
    silent = Trial.objects.silent().filter(status=Trial.Status.RUNNING)
    abandoned = running.filter(trials__in=silent)
    return {*idle.values_list("pk", flat=True), *abandoned.values_list("pk", flat=True)}


def fail_unsent(trial: Trial, reason: str) -> None:
    """End a study whose trial could not be given to a worker."""
    now = timezone.now()
    Study.objects.filter(trials=trial.pk, status=Study.Status.RUNNING).update(
        status=Study.Status.FAILED, finished_at=now, error=reason
    )
    Trial.objects.filter(pk=trial.pk, status=Trial.Status.QUEUED).update(
        status=Trial.Status.CANCELLED, finished_at=now
    )


def clear_files(study: Study) -> None:
    """Delete a study's decoded images and checkpoints, unless it or a trial still needs them."""
    going_on = Study.objects.filter(pk=study.pk, status=Study.Status.RUNNING).exists()
    if not going_on and not study.trials.filter(status__in=Trial.ACTIVE).exists():
        shutil.rmtree(study.folder, ignore_errors=True)


def best_trial(study: Study) -> Trial | None:
    """Return the complete trial with the highest validation accuracy, the first of equals."""
    complete = study.trials.filter(status=Trial.Status.COMPLETE)
    return complete.order_by("-value", "number").first()


def full_config(trial: Trial) -> TrainingConfig:
    """Return the settings of a full run with a trial's values."""
    return TrainingConfig.from_json({**trial.study.config, **trial.values})


def budget_of(study: Study) -> Budget:
    """Return what a study may spend."""
    return Budget(study.trial_count, study.share, study.epochs, study.parallel)


def estimate_seconds(dataset: Dataset, config: TrainingConfig, budget: Budget) -> float | None:
    """Estimate how long a study takes at most: without pruning, from the last run's speed.

    None where no run has trained the whole of that network yet.
    """
    measured = (
        EpochMetric.objects.filter(stage="full", run__config__backbone=config.backbone)
        .select_related("run")
        .order_by("-pk")
        .first()
    )
    if measured is None or not measured.images_per_second:
        return None
    images = sum(split_counts(dataset)["train"].values())
    size = measured.run.config["input_size"]
    seconds = trial_seconds(config, budget, images, measured.images_per_second, size)
    return seconds * budget.trials / min(budget.parallel, budget.trials)


def seconds_left(study: Study) -> float | None:
    """Return how long a running study still takes at its trials' pace; None before the first."""
    trials = list(study.trials.all())
    done = [t.seconds for t in trials if t.status in Trial.MEASURED and t.seconds is not None]
    if study.status != Study.Status.RUNNING or not done:
        return None
    spent = sum(trial.status in Trial.SPENT for trial in trials)
    begun = sum(trial.progress for trial in trials if trial.status == Trial.Status.RUNNING)
    left = max(study.trial_count - spent - begun, 0)
    return left * sum(done) / len(done) / min(study.parallel, study.trial_count)


def _end(study: Study, error: str) -> list[Trial]:
    """End a study, with the reason if it failed. There are no more trials to do."""
    study.status = Study.Status.FAILED if error else Study.Status.SUCCEEDED
    study.error, study.finished_at = error, timezone.now()
    study.save(update_fields=["status", "error", "finished_at"])
    study.trials.cancel()
    transaction.on_commit(lambda: clear_files(study))
    return []
