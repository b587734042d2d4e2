"""What of a run, a version or an evaluation is told to MLflow, in its words."""

import math
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from classifier.models import EpochMetric, Evaluation, ModelVersion, TrainingRun

Status = TrainingRun.Status
STATUSES = {
    Status.RUNNING: "RUNNING",
    Status.CANCELLING: "RUNNING",
    Status.SUCCEEDED: "FINISHED",
    Status.CANCELLED: "KILLED",
    Status.FAILED: "FAILED",
    Status.LOST: "FAILED",
}
EPOCH_FIGURES = (
    "train_loss",
    "train_accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
    "backbone_learning_rate",
    "gradient_norm",
    "images_per_second",
    "seconds",
    "memory_mb",
)
_FIGURES = (
    "accuracy",
    "balanced_accuracy",
    "f1_macro",
    "expected_calibration_error",
    "log_loss",
)
_NO_KEY = re.compile(r"[^\w\-. :/]")


def milliseconds(at: datetime) -> int:
    """Return a time as MLflow counts it."""
    return int(at.timestamp() * 1000)


def run_tags(run: TrainingRun) -> dict[str, str]:
    """Say where a run comes from, and what its analysis found, as MLflow's description."""
    findings = run.analysis.get("findings", [])
    note = "\n".join(f"- {finding['title']}: {finding['text']}" for finding in findings)
    return {
        "classifier.run": str(run.pk),
        "classifier.status": run.status,
        "classifier.dataset": run.dataset.name if run.dataset else "deleted",
        "classifier.dataset_fingerprint": run.dataset_fingerprint,
        "mlflow.note.content": "\n\n".join(filter(None, [run.error, note])),
    }


def epoch_points(run: TrainingRun) -> Iterator[dict[str, Any]]:
    """Yield a run's measures, a step for each epoch; an epoch's time follows from its seconds."""
    at = run.started_at or run.created_at
    for epoch in EpochMetric.objects.filter(run=run).order_by("epoch"):
        at += timedelta(seconds=epoch.seconds)
        for name in EPOCH_FIGURES:
            yield from _point(name, getattr(epoch, name), at, epoch.epoch)


def analysis_points(run: TrainingRun) -> Iterator[dict[str, Any]]:
    """Yield the figures of a run's analysis."""
    for name, value in run.analysis.items():
        if type(value) in (int, float):
            yield from _point(f"analysis.{name}", value, run.finished_at or run.created_at, 0)


def evaluation_points(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    """Yield an evaluation's figures; their names say on what and by which method."""
    data = evaluation.dataset.name if evaluation.dataset else evaluation.dataset_fingerprint[:12]
    prefix = _NO_KEY.sub("-", f"{data}/{evaluation.split}/{evaluation.method}")
    at = evaluation.created_at
    for name in _FIGURES:
        yield from _point(f"{prefix}/{name}", evaluation.metrics.get(name), at, 0)
    for label, values in evaluation.metrics.get("per_class", {}).items():
        yield from _point(f"{prefix}/recall_{label}", values.get("recall"), at, 0)


def version_tags(version: ModelVersion) -> dict[str, str]:
    """Say what a version is."""
    return {
        "classifier.version": version.name,
        "classifier.stage": version.stage,
        "classifier.manifest_sha256": version.manifest_sha256,
        "classifier.dataset_fingerprint": version.dataset_fingerprint,
    }


def mlmodel(version: ModelVersion, created: str) -> str:
    """Return the description that makes a version's folder a model of MLflow's ONNX flavour."""
    return (
        "flavors:\n"
        "  onnx:\n"
        f"    data: {version.manifest['onnx']}\n"
        "    providers: [CPUExecutionProvider]\n"
        f"model_uuid: {version.manifest_sha256[:32]}\n"
        f"utc_time_created: '{created}'\n"
    )


def _point(name: str, value: Any, at: datetime, step: int) -> Iterator[dict[str, Any]]:
    if type(value) in (int, float) and math.isfinite(value):
        yield {"key": name, "value": float(value), "timestamp": milliseconds(at), "step": step}
