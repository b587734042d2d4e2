"""Retrainings as people and the schedule see them: starting, stopping, going on."""

from dataclasses import replace
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from classifier.models import (
    ClaimedWork,
    Dataset,
    EvaluationJob,
    ModelVersion,
    Retraining,
    RetrainingSchedule,
)
from classifier.retraining.waiting import waiting_labels
from classifier.runs.starts import startable, started_from
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.work.kinds import kind_of
from classifier.work.queue import enqueue

Status = Retraining.Status
RESUMABLE = (Status.CANCELLED, Status.FAILED, Status.LOST)
EPOCHS = ("head_epochs", "top_epochs", "full_epochs")


class RetrainingError(Exception):
    """A retraining cannot be started or resumed; the message says why."""


def start_if_due() -> Retraining | None:
    """Start a retraining if the schedule is on, enough labels wait, and none is going on."""
    schedule = RetrainingSchedule.load()
    if not schedule.enabled or Retraining.objects.active().exists():
        return None
    if waiting_labels().count < schedule.threshold:
        return None
    return start_retraining()


def start_retraining(user: AbstractBaseUser | None = None) -> Retraining:
    """Store a retraining from production on, and give it to a worker.

    Raises:
        RetrainingError: if one is going on, or production's dataset or weights are not here.
    """
    schedule = RetrainingSchedule.load()
    production = ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION).first()
    if production is None:
        raise RetrainingError("No version is in production that a training could go on from.")
    plan = {name: getattr(schedule, name) for name in EPOCHS} | {"shadow": schedule.shadow}
    config_of(production, plan)
    waiting = waiting_labels()
    with transaction.atomic():
        # The rows of versions are locked: of two that start at once one sees the other's.
        list(ModelVersion.objects.select_for_update().order_by("pk"))
        if Retraining.objects.active().exists():
            raise RetrainingError("A retraining is going on already.")
        row = Retraining.objects.create(
            production=production,
            base=_base_of(production),
            plan=plan,
            corrections=waiting.corrections,
            proposals=waiting.proposals,
            created_by=user,
        )
        enqueue(row)
    return row


def resume_retraining(row: Retraining) -> None:
    """Queue a retraining again that ended early; steps that are done are not done again.

    Raises:
        RetrainingError: if it is not in such a state, or another one is going on.
    """
    with transaction.atomic():
        list(ModelVersion.objects.select_for_update().order_by("pk"))
        if Retraining.objects.active().exists():
            raise RetrainingError("A retraining is going on already.")
        queued = Retraining.objects.filter(pk=row.pk, status__in=RESUMABLE).update(
            status=Status.QUEUED, claim=None, error="", finished_at=None, seconds_left=None
        )
        row.refresh_from_db()
        if not queued:
            raise RetrainingError(f"{row} is {row.get_status_display()}: it cannot go on.")
        enqueue(row)


def stop_steps(row: Retraining) -> None:
    """Stop whatever step of a retraining waits or goes on."""
    for step in steps_of(row).values():
        if step is not None and step.is_active:
            kind_of(step).cancel(step)


def steps_of(row: Retraining) -> dict[str, ClaimedWork | None]:
    """Return the rows of a retraining's steps by their names; None for what was not begun."""
    candidate, dataset = row.candidate, row.dataset
    return {
        "dataset": getattr(dataset, "build", None) if dataset else None,
        "training": row.run,
        "variants": candidate.measurements.first() if candidate else None,
        "candidate's test": _test_of(candidate, dataset, row),
        "production's test": _test_of(row.production, dataset, row),
    }


def _test_of(
    version: ModelVersion | None, dataset: Dataset | None, row: Retraining
) -> EvaluationJob | None:
    if version is None or dataset is None:
        return None
    jobs = version.evaluation_jobs.filter(dataset=dataset, split="test", model_only=True)
    return jobs.filter(created_at__gte=row.created_at).first()


def config_of(production: ModelVersion, plan: dict[str, Any]) -> TrainingConfig:
    """Return the settings of a training that goes on from production as that was trained.

    Raises:
        RetrainingError: if its weights are not here, or its settings are not known here.
    """
    try:
        config = TrainingConfig.from_json(production.manifest.get("config", {}))
        epochs = {name: plan[name] for name in EPOCHS}
        plain = {"teacher": "", "weights": "", "start_from": production.name}
        return started_from(replace(config, **epochs, **plain))
    except InvalidConfigError as error:
        names = ", ".join(startable()) or "none"
        raise RetrainingError(
            f"No training can go on from {production}: {error} Versions with weights: {names}."
        ) from error


def _base_of(production: ModelVersion) -> Dataset:
    """Return the dataset that production was trained on."""
    known = Dataset.objects.ready().filter(fingerprint=production.dataset_fingerprint)
    dataset = known.first() if production.dataset_fingerprint else None
    if dataset is None:
        raise RetrainingError(
            f"The dataset that {production} was trained on is not here: build or import it first."
        )
    return dataset


def save_schedule(values: dict[str, Any], user: AbstractBaseUser) -> RetrainingSchedule:
    """Store the schedule.

    Args:
        values: of its fields.
        user: who changes it.

    Raises:
        RetrainingError: if no epoch is left.
    """
    if not any(values[name] for name in EPOCHS):
        raise RetrainingError("At least one epoch has to be trained.")
    changed = {"changed_by": user.get_username(), "changed_at": timezone.now()}
    schedule, _ = RetrainingSchedule.objects.update_or_create(pk=1, defaults={**values, **changed})
    return schedule
