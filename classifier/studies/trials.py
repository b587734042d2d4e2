"""Carrying out one trial of a study: choose its values, train, measure."""

from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import transaction

from classifier.datasets.training_data import split_counts, training_data
from classifier.models import Study, Trial
from classifier.runs.observers import HeartbeatObserver
from classifier.runs.starts import with_start
from classifier.runs.teachers import with_teacher
from classifier.training.config import TrainingConfig
from classifier.training.errors import TrainingStoppedError
from classifier.training.reporting import EpochResult, TrainingObserver
from classifier.training.search_space import Parameter, SearchSpace, trial_config
from classifier.work.errors import WorkFailedError
from classifier.work.heartbeat import Heartbeat

if TYPE_CHECKING:
    from classifier.training.dataset import TrainingData
    from classifier.training.tuning import TrialRecord

Status = Trial.Status


class TrialObserver(HeartbeatObserver):
    """Stores a trial's accuracy after each epoch, and ends one that is worse than the others."""

    def __init__(
        self, heartbeat: Heartbeat, config: TrainingConfig, listener: TrainingObserver | None
    ) -> None:
        super().__init__(heartbeat, listener)
        self.trial: Trial = heartbeat.row
        self.config = config
        self.pruned = False

    def on_epoch(self, result: EpochResult) -> None:
        """Store the accuracy, and compare it with what other trials had after that epoch."""
        from classifier.training.tuning import TrialRecord, should_prune

        self.trial.curve.append(result.val_accuracy)
        Trial.objects.filter(pk=self.trial.pk).update(curve=self.trial.curve)
        super().on_epoch(result)
        if result.epoch < self.config.epochs:  # nothing is saved by ending after the last one
            record = TrialRecord(self.trial.values, "running", curve=self.trial.curve)
            others = records_of(self.trial.study)
            space = space_of(self.trial.study)
            self.pruned = should_prune(space, others, record, self.config.head_epochs)

    def should_stop(self) -> bool:
        """Stop when the trial was pruned or cancelled, or another process has it."""
        return self.pruned or super().should_stop()


def space_of(study: Study) -> SearchSpace:
    """Return what a study varies."""
    return {name: Parameter.from_json(values) for name, values in study.space.items()}


def records_of(study: Study) -> "list[TrialRecord]":
    """Return a study's measured and running trials for the sampler and the pruner."""
    from classifier.training.tuning import TrialRecord

    states = (Status.RUNNING, *Trial.MEASURED)
    trials = study.trials.filter(status__in=states).exclude(values={})
    return [TrialRecord(t.values, str(t.status), t.value, t.curve) for t in trials]


def train_trial(
    trial: Trial, heartbeat: Heartbeat, listener: TrainingObserver | None = None
) -> tuple[Status, float]:
    """Choose a trial's values and train with them; return its end and the accuracy it reached.

    Raises:
        WorkFailedError: if the study or its dataset is gone, or the dataset was changed.
        TrainingStoppedError: if it was cancelled.
    """
    from classifier.training.run import train

    if trial.study.dataset is None:
        raise WorkFailedError("The dataset was deleted.")
    if trial.study.dataset.fingerprint != trial.study.dataset_fingerprint:
        raise WorkFailedError("The dataset was changed: start a new study.")
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
        WorkFailedError: if the study was deleted.
    """
    from classifier.training.tuning import suggest

    with transaction.atomic():
        study = Study.objects.select_for_update().filter(pk=trial.study_id).first()
        if study is None:
            raise WorkFailedError("The study was deleted.")
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
    return with_start(with_teacher(data, config, observer), config)


def store_importances(study: Study) -> None:
    """Store how much each setting decides, by the trials so far."""
    from classifier.training.tuning import importances

    found = importances(space_of(study), records_of(study))
    Study.objects.filter(pk=study.pk).update(importances=found)
