"""The figures of a version, wherever they are stored."""

from dataclasses import dataclass
from typing import Any

from classifier.evaluation.gate import Check, check_gate
from classifier.models import Evaluation, ModelVersion, Sample


@dataclass(frozen=True)
class Score:
    """One evaluation's figures. `evaluation` is None where only the manifest has them."""

    metrics: dict[str, Any]
    split: str
    dataset: str
    synthetic: bool
    fingerprint: str
    evaluation: Evaluation | None = None


def score_of(version: ModelVersion, evaluation_id: int | None = None) -> Score | None:
    """Return a version's chosen evaluation; by default its model's newest on a test split."""
    evaluations = version.evaluations.select_related("dataset")
    if evaluation_id is not None:
        chosen = evaluations.filter(pk=evaluation_id).first()
    else:
        chosen = evaluations.filter(
            split=Sample.Split.TEST, method=Evaluation.Method.NEURAL
        ).first()
    if chosen:
        name = chosen.dataset.name if chosen.dataset else "a deleted dataset"
        return Score(
            chosen.metrics,
            chosen.get_split_display(),
            name,
            chosen.synthetic,
            chosen.dataset_fingerprint,
            chosen,
        )
    metrics = version.manifest.get("metrics", {}).get("test")
    if not metrics or evaluation_id is not None:
        return None
    dataset = version.manifest.get("dataset", {})
    return Score(
        metrics,
        "test",
        dataset.get("name", "unknown"),
        dataset.get("source") == "synthetic",
        dataset.get("fingerprint", ""),
    )


def gate_of(version: ModelVersion, score: Score) -> list[Check]:
    """Check a version against the gate, and against production where both saw the same images."""
    production = ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION).first()
    other = None
    if production and production != version:
        found = score_of(production)
        same = found and (found.fingerprint, found.split) == (score.fingerprint, score.split)
        other = found.metrics if found and same else None
    return check_gate(score.metrics, served_bytes(version), other)


def served_bytes(version: ModelVersion) -> int:
    """Return the size of the file that serves; 0 if it is not there."""
    try:
        return (version.folder / version.manifest["onnx"]).stat().st_size
    except (OSError, KeyError):
        return 0
