"""Live traffic against the validation split of the version that serves."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from classifier.evaluation.drift import (
    LEAST_COUNT,
    MAJOR_SHIFT,
    SMALL_SHIFT,
    histogram,
    stability_index,
)
from classifier.logo_types import CLASS_NAMES
from classifier.models import Evaluation, LivePrediction, ModelVersion, Sample

Method = Evaluation.Method

_MOST_ROWS = 50_000  # the newest; more would only take time
_FAMILIAR_LOGOS = (98, 2)  # of a hundred, and the false alarms that a version's threshold lets pass
# Where the rules take more of the traffic than this, what they leave to the model is a selection,
# whose confidences differ from those of a whole validation split without any drift.
_MOST_BY_RULES = 0.05


@dataclass(frozen=True)
class Shift:
    """One distribution in validation and in live traffic."""

    name: str
    bins: list[str]
    expected: list[int]
    actual: list[int]

    @property
    def count(self) -> int:
        """How many live answers there are."""
        return sum(self.actual)

    @property
    def missing(self) -> int:
        """How many more live answers it takes to say anything."""
        return max(0, LEAST_COUNT - self.count)

    @property
    def index(self) -> float | None:
        """The population stability index; None without enough live answers."""
        return None if self.missing else stability_index(self.expected, self.actual)

    @property
    def verdict(self) -> str:
        """Say it in a word: unknown, none, small or major."""
        if self.index is None:
            return "unknown"
        if self.index < SMALL_SHIFT:
            return "none"
        return "small" if self.index < MAJOR_SHIFT else "major"

    @property
    def shares(self) -> list[tuple[str, float, float]]:
        """Each bin with its share of validation and of live answers."""
        live = self.count or 1
        known = sum(self.expected)
        return [
            (name, expected / known, actual / live)
            for name, expected, actual in zip(self.bins, self.expected, self.actual, strict=True)
        ]


@dataclass(frozen=True)
class Drift:
    """How far live traffic has moved.

    Attributes:
        known: false without figures of a validation split.
        selected: whether the rules leave the model a selection, so that confidences say nothing.
        shifts: of what can be compared.
    """

    known: bool
    selected: bool = False
    shifts: list[Shift] = field(default_factory=list)

    @property
    def warnings(self) -> list[Shift]:
        return [shift for shift in self.shifts if shift.verdict in ("small", "major")]


def drift_of(version: ModelVersion, since: datetime) -> Drift:
    """Compare live answers since a time, or since the version's promotion, with its validation.

    Where the validation split was answered by the model alone, confidences are those of the model's
    own answers. An answer from memory is not counted: one logo that is sent a thousand times is no
    drift.
    """
    validation = validation_figures(version)
    if validation is None:
        return Drift(known=False)
    figures, method = validation
    since = max(since, version.promoted_at or since)
    rows = LivePrediction.objects.filter(created_at__gte=since, cached=False)
    types = Counter(rows.values_list("logo_type", flat=True)[:_MOST_ROWS])
    answered = [sum(column) for column in zip(*figures["confusion_matrix"], strict=True)]
    shifts = [Shift("types", list(CLASS_NAMES), answered, [types[name] for name in CLASS_NAMES])]
    if (familiarity := _familiarity(rows)).count:
        shifts.append(familiarity)
    selected = False
    if method == Method.NEURAL:
        selected = rows.filter(method="rules").count() > _MOST_BY_RULES * rows.count()
        rows = rows.filter(model_version=version.name)
    if not selected:
        shifts.append(_confidences(figures, rows))
    return Drift(known=True, selected=selected, shifts=shifts)


def _familiarity(rows: QuerySet[LivePrediction]) -> Shift:
    """Compare how much does not look like a logo with what a version takes for that of logos."""
    told = rows.filter(familiar__isnull=False)
    counts = Counter(told.values_list("familiar", flat=True)[:_MOST_ROWS])
    bins = ["like a logo", "unlike one"]
    return Shift("familiarities", bins, list(_FAMILIAR_LOGOS), [counts[True], counts[False]])


def _confidences(figures: dict[str, Any], rows: QuerySet[LivePrediction]) -> Shift:
    bins = figures["reliability"]
    highs = [part["high"] for part in bins]
    found = rows.values_list("confidence", flat=True)[:_MOST_ROWS]
    return Shift(
        "confidences",
        [f"up to {high:.0%}" for high in highs],
        [part["count"] for part in bins],
        histogram(list(found), highs),
    )


def validation_figures(version: ModelVersion) -> tuple[dict[str, Any], Method] | None:
    """Return a version's figures on a validation split, and the method that they are of.

    They are those of the newest evaluation, by the hybrid method (which most callers ask for) or
    by the model alone, or those of its manifest. None where there are none with a confusion matrix
    and a reliability diagram.
    """
    evaluations = version.evaluations.filter(split=Sample.Split.VAL)
    found = [
        (evaluation.metrics, method)
        for method in (Method.HYBRID, Method.NEURAL)
        if (evaluation := evaluations.filter(method=method).first())
    ]
    found.append((version.manifest["metrics"].get("val") or {}, Method.NEURAL))
    figures, method = found[0]
    complete = figures.get("reliability") and figures.get("confusion_matrix")
    return (figures, method) if complete else None
