"""Trials of studies as a kind of work."""

import shutil
from typing import Any

from django.db.models import QuerySet

from classifier.models import Study, Trial
from classifier.runs.kinds import TrainingKind
from classifier.studies.lifecycle import (
    clear_files,
    fail_unsent,
    schedule_trials,
    stranded_studies,
)
from classifier.studies.trials import store_importances, train_trial
from classifier.work.heartbeat import Heartbeat
from classifier.work.kinds import End, register


@register
class TrialKind(TrainingKind):
    """A study's trial. One that fails does not end its study; after each the next ones are due."""

    name = "trial"
    row = Trial
    again = "resume this study"
    stopped = "The worker was stopped."
    lost = "The worker fell silent: it was stopped or ran out of memory."

    def rows(self) -> QuerySet:
        """Bring the study and its dataset along."""
        return Trial.objects.select_related("study__dataset")

    def dataset_id(self, row: Trial) -> int | None:
        """Return that of the study."""
        return row.study.dataset_id

    def carry_out(self, row: Trial, heartbeat: Heartbeat, listener: Any) -> End:
        """Train, and tell the accuracy."""
        status, value = train_trial(row, heartbeat, listener)
        return End(status, values={"value": value})

    def ended(self, row: Trial, end: End) -> None:
        """Judge the study's settings anew."""
        store_importances(row.study)

    def clean_up(self, row: Trial) -> None:
        """Delete its files, and those of a study that needs them no more."""
        shutil.rmtree(row.folder, ignore_errors=True)
        clear_files(row.study)

    def follow(self, pk: int, row: Trial | None) -> None:
        """Give workers the trials that are due now."""
        study = Study.objects.filter(trials=pk).first()
        if study:
            schedule_trials(study.pk)

    def refuse(self, row: Trial, reason: str) -> None:
        """End the study, too: without a queue it cannot go on."""
        fail_unsent(row, reason)

    def mark_lost(self) -> int:
        """Fail lost trials; their studies go on with others."""
        stranded = stranded_studies()
        lost = super().mark_lost()
        for study_id in stranded:
            schedule_trials(study_id)
        return lost
