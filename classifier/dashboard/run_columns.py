"""The columns of the list of runs: which there are, which somebody chose, and their cells."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from classifier.models import EpochMetric, TrainingRun
from classifier.templatetags.percent import duration, percent, setting
from classifier.training.config import TrainingConfig
from classifier.versions.headline import headline_of

DEFAULT = ("status", "dataset", "backbone", "input_size", "tags", "progress", "created", "version")
_KEY = "run_columns"  # in the session
_KINDS = {"status", "tags", "version"}  # which the template draws in its own way


@dataclass(frozen=True)
class Column:
    """A column: what stands above it, and a run's cell."""

    name: str
    title: str
    cell: Callable[[TrainingRun], str]
    number: bool = False

    @property
    def kind(self) -> str:
        """How the template draws it."""
        return self.name if self.name in _KINDS else "text"


def _share(value: float | None) -> str:
    return "" if value is None else percent(value)


def _test_accuracy(run: TrainingRun) -> str:
    version = getattr(run, "version", None)
    headline = headline_of(version) if version else None
    return percent(headline.metrics["accuracy"]) if headline else ""


def _took(run: TrainingRun) -> str:
    return "" if run.seconds is None else duration(run.seconds)


def _setting(name: str) -> Callable[[TrainingRun], str]:
    return lambda run: setting(run.config[name]) if name in run.config else ""


_OWN = (
    Column("status", "Status", lambda run: run.get_status_display()),
    Column("dataset", "Dataset", lambda run: str(run.dataset or "deleted")),
    Column("tags", "Tags", lambda run: run.tags),
    Column("notes", "Notes", lambda run: run.notes[:80]),
    Column("progress", "Progress", lambda run: f"{run.progress:.0%}", number=True),
    Column("val_loss", "Validation loss", lambda run: _rounded(run.best_loss), number=True),
    Column(
        "val_accuracy", "Validation accuracy", lambda run: _share(run.best_accuracy), number=True
    ),
    Column("test_accuracy", "Test accuracy", _test_accuracy, number=True),
    Column("took", "Took", _took, number=True),
    Column("by", "By", lambda run: str(run.created_by or "")),
    Column("created", "Created", lambda run: f"{run.created_at:%-d %b %Y %H:%M}"),
    Column("version", "Version", lambda run: str(getattr(run, "version", ""))),
)
_SETTINGS = tuple(
    Column(field.name, field.name.replace("_", " ").capitalize(), _setting(field.name))
    for field in fields(TrainingConfig)
)
COLUMNS = {column.name: column for column in (*_OWN, *_SETTINGS)}


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def chosen_columns(request: HttpRequest) -> list[Column]:
    """Return the columns that the address names, and keep them; else those kept, or a default."""
    asked = [name for name in request.GET.getlist("column") if name in COLUMNS]
    if asked:
        request.session[_KEY] = asked
    names = asked or request.session.get(_KEY) or DEFAULT
    return [column for name, column in COLUMNS.items() if name in names]


def with_best(runs: QuerySet[TrainingRun]) -> QuerySet[TrainingRun]:
    """Add the loss and the accuracy of each run's best epoch."""
    best = EpochMetric.objects.filter(run=OuterRef("pk")).order_by("val_loss")
    return runs.annotate(
        best_loss=Subquery(best.values("val_loss")[:1]),
        best_accuracy=Subquery(best.values("val_accuracy")[:1]),
    )


def rows_of(runs: Iterable[TrainingRun], columns: list[Column]) -> list[dict[str, Any]]:
    """Return each run with its cells."""
    return [{"run": run, "cells": [(c, c.cell(run)) for c in columns]} for run in runs]
