"""One retraining, step by step. Each step is a row of its own kind of work, seen and stopped alone.

The worker that carries out the retraining carries out its steps, too, one after the other; what
an earlier try finished is not done again.
"""

import logging
from dataclasses import asdict, replace
from typing import Any

from classifier.datasets.training_data import split_counts
from classifier.models import (
    ClaimedWork,
    Dataset,
    EvaluationJob,
    ModelVersion,
    Retraining,
    TrainingRun,
    VariantMeasurement,
)
from classifier.retraining.lifecycle import RetrainingError, config_of
from classifier.runs.lifecycle import RunError, create_run, requeue
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.versions.paired import paired_answers
from classifier.versions.promotion import set_shadow
from classifier.work.errors import WorkFailedError, WorkStoppedError
from classifier.work.execution import carry_out
from classifier.work.heartbeat import Heartbeat

logger = logging.getLogger(__name__)
Status = ClaimedWork.Status
SIGNIFICANT = 0.05
# Where each step begins, as a share of the whole.
_BEGINS = {"dataset": 0.0, "training": 0.1, "variants": 0.75, "test": 0.85, "comparison": 0.95}


def carry_out_retraining(row: Retraining, heartbeat: Heartbeat) -> None:
    """Do every step that is not done yet.

    Raises:
        WorkStoppedError: if it was cancelled, or a step was.
        WorkFailedError: if a step failed; the message is that step's.
    """
    begin = _Steps(heartbeat)
    begin("dataset")
    dataset = _dataset(row)
    begin("training")
    candidate = _training(row, dataset)
    begin("variants")
    notes = _variants(candidate)
    begin("test")
    _test(row, candidate, dataset)
    _test(row, row.production, dataset)
    begin("comparison")
    result = _compared(row, candidate, dataset)
    notes += _shadow(row, candidate, result)
    Retraining.objects.filter(pk=row.pk).update(result={**result, "notes": notes})


class _Steps:
    """Says which step begins, unless the retraining is to stop."""

    def __init__(self, heartbeat: Heartbeat) -> None:
        self.heartbeat = heartbeat

    def __call__(self, name: str) -> None:
        if self.heartbeat.stop.is_set():
            raise WorkStoppedError
        self.heartbeat.stage, self.heartbeat.progress = name, _BEGINS[name]
        self.heartbeat.beat()


def _done(step: ClaimedWork) -> Any:
    """Carry out a step's row, or return it if that was done before.

    Raises:
        WorkStoppedError: if the step was cancelled.
        WorkFailedError: if it did not succeed.
    """
    if step.status == Status.QUEUED:
        try:
            carry_out(step)
        except Exception:  # a fault of the step's, which its row tells
            logger.exception("%s failed.", step)
        step.refresh_from_db()
    if step.status == Status.CANCELLED:
        raise WorkStoppedError
    if step.status != Status.SUCCEEDED:
        raise WorkFailedError(f"{step}: {step.error or step.get_status_display()}")
    return step


def _dataset(row: Retraining) -> Dataset:
    from classifier.datasets.successors import create_successor

    if row.dataset is None or row.dataset.status != Dataset.Status.READY:
        if row.base is None:
            raise WorkFailedError("The dataset that it was to be made of is gone.")
        row.dataset = create_successor(row.base)
        row.save(update_fields=["dataset"])
        _done(row.dataset.build)
        row.dataset.refresh_from_db()
    return row.dataset


def _training(row: Retraining, dataset: Dataset) -> ModelVersion:
    try:
        if row.run is None:
            if row.production is None:
                raise RetrainingError("The version to go on from was deleted.")
            row.run = create_run(dataset, _fitting(row, dataset), row.created_by)
            row.save(update_fields=["run"])
        elif row.run.status in TrainingRun.RESUMABLE:
            requeue(row.run)
    except (RetrainingError, RunError, InvalidConfigError) as error:
        raise WorkFailedError(str(error)) from error
    return _done(row.run).version


def _fitting(row: Retraining, dataset: Dataset) -> TrainingConfig:
    """Return the settings of the run; a small dataset has smaller batches."""
    config = config_of(row.production, row.plan)
    images = sum(split_counts(dataset)["train"].values())
    return replace(config, batch_size=max(2, min(config.batch_size, images)))


def _variants(candidate: ModelVersion) -> list[str]:
    """Measure how the candidate would serve; a failure there leaves it as it is."""
    known = candidate.measurements.filter(status=Status.SUCCEEDED).first()
    try:
        _done(known or VariantMeasurement.objects.create(version=candidate))
    except WorkFailedError as error:
        return [f"It serves as it was trained. {error}"]
    candidate.refresh_from_db()
    return []


def _test(row: Retraining, version: ModelVersion | None, dataset: Dataset) -> None:
    """Let the model of a version, as it serves, answer the test images."""
    if version is None:
        raise WorkFailedError("A version that was to be compared was deleted.")
    jobs = EvaluationJob.objects.filter(
        version=version, dataset=dataset, split="test", model_only=True,
        status=Status.SUCCEEDED, created_at__gte=row.created_at,
    )  # fmt: skip
    values = {"version": version, "dataset": dataset, "split": "test", "model_only": True}
    _done(jobs.first() or EvaluationJob.objects.create(**values))


def _compared(row: Retraining, candidate: ModelVersion, dataset: Dataset) -> dict[str, Any]:
    """Compare the newest answers of both on the test images by McNemar's exact test."""
    newest = [
        version.evaluations.filter(dataset=dataset, split="test", method="neural").first()
        for version in (candidate, row.production)
    ]
    pair = paired_answers(*newest)
    return {
        **asdict(pair.comparison),
        "accuracy": newest[0].accuracy,
        "production_accuracy": newest[1].accuracy,
    }


def _shadow(row: Retraining, candidate: ModelVersion, result: dict[str, Any]) -> list[str]:
    """Let the candidate run as shadow, unless that would displace one that a person chose."""
    if not row.plan.get("shadow"):
        return ["It does not run as shadow: the schedule says so."]
    worse = result["first_only"] < result["second_only"]
    if worse and result["p_value"] < SIGNIFICANT:
        return ["It does not run as shadow: it is worse than production beyond chance."]
    ours = Retraining.objects.exclude(run=None).values("run")
    other = ModelVersion.objects.filter(stage=ModelVersion.Stage.SHADOW).exclude(run__in=ours)
    if other.exists():
        return [f"It does not run as shadow: {other.get()} does, and was not made by a retraining."]
    candidate.refresh_from_db()
    if candidate.stage not in (ModelVersion.Stage.CANDIDATE, ModelVersion.Stage.SHADOW):
        return [f"It does not run as shadow: it is {candidate.get_stage_display()} by now."]
    set_shadow(candidate)
    return ["It runs as shadow."]
