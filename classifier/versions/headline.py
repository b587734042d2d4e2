"""The figures of a version: one headline, the same on every page, and others beside it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from classifier.models import Evaluation, ModelVersion, Sample


@dataclass(frozen=True)
class Score:
    """One evaluation's figures.

    Attributes:
        evaluation: the row that has these figures; None where only the manifest has them.
        answers: the row with the single answers to the same images, if they were stored here.
    """

    metrics: dict[str, Any]
    split: str
    dataset: str
    synthetic: bool
    fingerprint: str
    evaluation: Evaluation | None = None
    answers: Evaluation | None = None

    @property
    def title(self) -> str:
        """Its name: on what was measured, by which method."""
        method = self.evaluation.method if self.evaluation else Evaluation.Method.NEURAL
        how = "model alone" if method == Evaluation.Method.NEURAL else method
        return f"{self.split} split of {self.dataset}, {how}"


def headline_of(version: ModelVersion) -> Score | None:
    """Return the figures by which a version is known, the same everywhere and for ever.

    They are of the model alone, on the test split of the dataset that it was trained on, measured
    the first time: those that it brought along in its manifest, or else the oldest stored here.
    Where nothing is known of its dataset, any test split does.
    """
    first = _own_tests(version).first()
    metrics = version.manifest.get("metrics", {}).get("test")
    if not metrics:
        return score_in(first) if first else None
    if first and first.metrics["confusion_matrix"] == metrics.get("confusion_matrix"):
        return score_in(first)
    origin = version.manifest.get("dataset", {})
    return Score(
        metrics,
        Sample.Split.TEST.label,
        origin.get("name", "unknown"),
        origin.get("source") == "synthetic",
        origin.get("fingerprint", ""),
        answers=first,
    )


def score_of(version: ModelVersion, evaluation_id: int | None = None) -> Score | None:
    """Return one of a version's evaluations by its key; without one its headline."""
    if evaluation_id is None:
        return headline_of(version)
    chosen = version.evaluations.select_related("dataset").filter(pk=evaluation_id).first()
    return score_in(chosen) if chosen else None


def score_in(evaluation: Evaluation) -> Score:
    """Return a stored evaluation's figures."""
    return Score(
        evaluation.metrics,
        evaluation.get_split_display(),
        evaluation.dataset.name if evaluation.dataset else "a deleted dataset",
        evaluation.synthetic,
        evaluation.dataset_fingerprint,
        evaluation,
        evaluation,
    )


def score_on(version: ModelVersion, other: Score) -> Score | None:
    """Return what a version's model scored, the first time, on the images of another score."""
    own = headline_of(version)
    if own and (own.fingerprint, own.split) == (other.fingerprint, other.split):
        return own
    for found in _neural(version).filter(dataset_fingerprint=other.fingerprint):
        if found.get_split_display() == other.split:
            return score_in(found)
    return None


def served_bytes(version: ModelVersion) -> int:
    """Return the size of the file that serves; 0 if it is not there."""
    try:
        return (version.folder / version.manifest["onnx"]).stat().st_size
    except (OSError, KeyError):
        return 0


def _neural(version: ModelVersion) -> QuerySet[Evaluation]:
    """Return a version's evaluations of the model alone, the oldest first."""
    found = version.evaluations.filter(method=Evaluation.Method.NEURAL)
    return found.select_related("dataset").order_by("created_at", "pk")


def _own_tests(version: ModelVersion) -> QuerySet[Evaluation]:
    found = _neural(version).filter(split=Sample.Split.TEST)
    fingerprint = version.dataset_fingerprint
    return found.filter(dataset_fingerprint=fingerprint) if fingerprint else found
