"""Analyses of runs: made of the stored epochs, and stored with a run when it ends."""

from dataclasses import fields
from typing import Any

from classifier.models import TrainingRun
from classifier.runs.rate_tests import rate_test_of
from classifier.training.analysis import analyse
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.reporting import EpochResult

_COLUMNS = [field.name for field in fields(EpochResult)]


def analysis_of(run: TrainingRun) -> dict[str, Any]:
    """Return the stored analysis of a run; of one that has none, make it now.

    Empty before the first epoch, and for a run whose settings this version does not know.
    """
    return run.analysis or make_analysis(run)


def store_analysis(run_id: int, diverged: str = "") -> None:
    """Analyse a run that has ended; `diverged` says why, if its loss was not finite."""
    run = TrainingRun.objects.filter(pk=run_id).first()
    if run:  # it may have been deleted at its end
        TrainingRun.objects.filter(pk=run_id).update(analysis=make_analysis(run, diverged))


def make_analysis(run: TrainingRun, diverged: str = "") -> dict[str, Any]:
    """Analyse a run by its stored epochs; empty if there is nothing to judge."""
    try:
        config = TrainingConfig.from_json(run.config)
    except InvalidConfigError:  # of another version of this project
        return {}
    history = [EpochResult(**values) for values in run.epochs.values(*_COLUMNS)]
    test = rate_test_of(run)
    analysis = analyse(
        history,
        config,
        finished=run.status == run.Status.SUCCEEDED,
        plain_train_accuracy=run.plain_train_accuracy,
        rate_test=(test.suggested_rate, test.diverged_rate) if test else None,
        diverged=diverged,
    )
    return analysis.to_json() if analysis else {}
