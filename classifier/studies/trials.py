"""Carrying out one trial of a study in this process: choose values, train, tell the result."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction

from classifier.models import Study, TrainingRun, Trial
from classifier.runs.execution import ExecutionError, end_of, training_data
from classifier.runs.lifecycle import split_counts
from classifier.runs.teachers import with_teacher
from classifier.studies.lifecycle import clear_files
from classifier.training.config import TrainingConfig
from classifier.training.reporting import (
    EpochResult,
    SilentObserver,
    StepResult,
    TrainingObserver,
)
from classifier.training.search_space import Parameter, SearchSpace, trial_config
from classifier.work.heartbeat import Heartbeat

if TYPE_CHECKING:
    from classifier.training.dataset import TrainingData
    from classifier.training.tuning import TrialRecord

logger = logging.getLogger(__name__)
Status = Trial.Status


class TrialObserver:
    """Stores a trial's accuracy after each epoch, and ends one that is worse than the others."""

    def __init__(
        self, heartbeat: Heartbeat, config: TrainingConfig, listener: TrainingObserver
    ) -> None:
        self.heartbeat = heartbeat
        self.trial: Trial = heartbeat.run
        self.config = config
        self.listener = listener
        self.pruned = False

    def on_progress(self, stage: str, progress: float, seconds_left: float | None) -> None:
        """Keep the progress for the next heartbeat."""
        self.heartbeat.stage = stage
        self.heartbeat.progress = progress
        self.heartbeat.seconds_left = seconds_left
        self.listener.on_progress(stage, progress, seconds_left)

    def on_step(self, result: StepResult) -> None:
        """Pass it on."""
        self.listener.on_step(result)

    def on_epoch(self, result: EpochResult) -> None:
        """Store the accuracy, and compare it with what other trials had after that epoch."""
        from classifier.training.tuning import TrialRecord, should_prune

        self.trial.curve.append(result.val_accuracy)
        Trial.objects.filter(pk=self.trial.pk).update(curve=self.trial.curve)
        self.heartbeat.beat()
        self.listener.on_epoch(result)
        if result.epoch < self.config.epochs:  # nothing is saved by ending after the last one
            record = TrialRecord(self.trial.values, "running", curve=self.trial.curve)
            others = records_of(self.trial.study)
            space = space_of(self.trial.study)
            self.pruned = should_prune(space, others, record, self.config.head_epochs)

    def on_checkpoint(self, path: Path) -> None:
        """Pass it on."""
        self.listener.on_checkpoint(path)

    def should_stop(self) -> bool:
        """Stop when the trial was pruned or cancelled, or another process has it."""
        return self.pruned or self.heartbeat.stop.is_set() or self.listener.should_stop()


def space_of(study: Study) -> SearchSpace:
    """Return what a study varies."""
    return {name: Parameter.from_json(values) for name, values in study.space.items()}


def records_of(study: Study) -> "list[TrialRecord]":
    """Return a study's measured and running trials for the sampler and the pruner."""
    from classifier.training.tuning import TrialRecord

    states = (Status.RUNNING, *Trial.MEASURED)
    trials = study.trials.filter(status__in=states).exclude(values={})
    return [TrialRecord(t.values, str(t.status), t.value, t.curve) for t in trials]


def execute_trial(trial_id: int, listener: TrainingObserver | None = None) -> Trial | None:
    """Carry out a queued trial; return it as it ended, or None if there was nothing to do.

    A trial that fails does not end its study; its `error` says why. An unforeseen exception is
    told there too and raised.
    """
    trial = Trial.objects.select_related("study__dataset").filter(pk=trial_id).first()
    claim = trial.begin() if trial else None
    if trial is None or claim is None:
        logger.info("Trial %s is not waiting: nothing to do.", trial_id)
        return None
    trial.refresh_from_db()
    status, reason, value = Status.FAILED, "", None
    heartbeat = Heartbeat(trial, claim)
    try:
        with heartbeat:
            status, value = _train(heartbeat, listener or SilentObserver())
    except KeyboardInterrupt:
        status = Status.CANCELLED
        raise
    except SystemExit:
        reason = "The worker was stopped."
        raise
    except Exception as error:
        end, reason = end_of(trial.study.dataset_id, error)
        cancelled = end == TrainingRun.Status.CANCELLED
        status = Status.CANCELLED if cancelled else Status.FAILED
        if not reason and status == Status.FAILED:
            reason = f"{type(error).__name__}: {error}"
            raise
    finally:
        trial.end(claim, status, reason, value=value)
        shutil.rmtree(trial.folder, ignore_errors=True)
        clear_files(trial.study)
    _store_importances(trial.study)
    return Trial.objects.filter(pk=trial.pk).first()  # it may have been deleted meanwhile


def _train(heartbeat: Heartbeat, listener: TrainingObserver) -> tuple[Status, float]:
    """Return how the trial ended, and the accuracy it reached.

    Raises:
        TrainingStoppedError: if it was cancelled.
    """
    from classifier.training.loop import TrainingStoppedError
    from classifier.training.run import train

    trial: Trial = heartbeat.run
    if trial.study.dataset is None:
        raise ExecutionError("The dataset was deleted.")
    if trial.study.dataset.fingerprint != trial.study.dataset_fingerprint:
        raise ExecutionError("The dataset was changed: start a new study.")
    _choose_values(trial)
    settings = TrainingConfig.from_json(trial.study.config)
    config = trial_config(settings, trial.values, trial.study.epochs)
    observer = TrialObserver(heartbeat, config, listener)
    try:
        data = _trial_data(trial.study, config, observer)
        result = train(config, data, trial.folder, observer)
    except TrainingStoppedError:
        if observer.pruned:
            return Status.PRUNED, trial.curve[-1]
        raise
    return Status.COMPLETE, result.history[result.best_epoch - 1].val_accuracy


def _choose_values(trial: Trial) -> None:
    """Ask the sampler, one trial of a study at a time, so that each sees the ones before.

    Raises:
        ExecutionError: if the study was deleted.
    """
    from classifier.training.tuning import suggest

    with transaction.atomic():
        study = Study.objects.select_for_update().filter(pk=trial.study_id).first()
        if study is None:
            raise ExecutionError("The study was deleted.")
        seed = study.config["seed"] + trial.number
        trial.values = suggest(space_of(study), records_of(study), seed)
        trial.save(update_fields=["values"])


def _trial_data(study: Study, config: TrainingConfig, observer: TrainingObserver) -> "TrainingData":
    """Return the part of the dataset that a study's trials see: the same for all of them.

    Raises:
        TrainingStoppedError: when the observer asks for it.
    """
    from classifier.training.tuning import stratified_share

    config.check_data(split_counts(study.dataset))
    data = training_data(study.dataset, config.twins, observer)
    if study.share < 1:
        part = stratified_share(data.train, study.share, study.config["seed"])
        data = replace(data, train=part, cache=study.folder / "arrays")
    return with_teacher(data, config, observer)


def _store_importances(study: Study) -> None:
    from classifier.training.tuning import importances

    found = importances(space_of(study), records_of(study))
    Study.objects.filter(pk=study.pk).update(importances=found)
