"""Pages that put two versions, or several runs, side by side."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from classifier.dashboard.access import staff_only
from classifier.dashboard.scores import score_of
from classifier.dashboard.versions import HEADLINE
from classifier.lib.keys import is_key
from classifier.logo_types import CLASS_NAMES
from classifier.models import Evaluation, ModelVersion, TrainingRun

MOST_RUNS = 6


@dataclass(frozen=True)
class Contender:
    """A version asked by one method."""

    version: ModelVersion
    method: str

    def __str__(self) -> str:
        neural = self.method == Evaluation.Method.NEURAL
        return str(self.version) if neural else f"{self.version}, {self.method}"

    @property
    def key(self) -> str:
        """Its name in an address."""
        return f"{self.version.pk}-{self.method}"

    def evaluations(self) -> list[Evaluation]:
        """Return its evaluations whose single answers were kept, test splits first."""
        found = self.version.evaluations.filter(
            method=self.method, predictions__isnull=False, dataset__isnull=False
        )
        return sorted(found.select_related("dataset").distinct(), key=lambda e: e.split != "test")


@staff_only
def compare_versions(request: HttpRequest) -> HttpResponse:
    """Compare the answers of two versions, or of two methods, on the same images."""
    first = _contender(request.GET.get("first", ""))
    second = _contender(request.GET.get("second", ""))
    context: dict[str, Any] = {
        "contenders": [
            Contender(version, method)
            for version in ModelVersion.objects.all()
            for method in Evaluation.Method
        ],
        "first": first,
        "second": second,
    }
    pair = _same_images(first, second) if first and second else None
    if pair:
        context |= _comparison(*pair, request)
    return render(request, "classifier/dashboard/compare_versions.html", context)


def _contender(key: str) -> Contender | None:
    pk, _, method = key.partition("-")
    version = ModelVersion.objects.filter(pk=pk).first() if is_key(pk) else None
    method = method or Evaluation.Method.NEURAL
    return Contender(version, method) if version and method in Evaluation.Method else None


def _same_images(first: Contender, second: Contender) -> tuple[Evaluation, Evaluation] | None:
    """Return the newest evaluations of both on one dataset's split, test splits first."""
    others = second.evaluations()
    for one in first.evaluations():
        for other in others:
            if (one.dataset_id, one.split) == (other.dataset_id, other.split):
                return one, other
    return None


def _comparison(one: Evaluation, other: Evaluation, request: HttpRequest) -> dict[str, Any]:
    from classifier.evaluation.comparison import compare

    answers = dict(other.predictions.values_list("sample_id", "answer"))
    rows = [
        prediction
        for prediction in one.predictions.select_related("sample")
        if prediction.sample_id in answers
    ]
    triples = [(row.sample.label, row.answer, answers[row.sample_id]) for row in rows]
    numbers = np.array([[CLASS_NAMES.index(name) for name in triple] for triple in triples])
    differing = [
        {"prediction": row, "rival": answers[row.sample_id]}
        for row in rows
        if row.answer != answers[row.sample_id]
    ]
    return {
        "evaluations": (one, other),
        "result": compare(*numbers.T),
        "figures": [_figure(name, key, one, other) for key, name in HEADLINE.items()],
        "page": Paginator(differing, 60).get_page(request.GET.get("page")),
    }


def _figure(name: str, key: str, one: Evaluation, other: Evaluation) -> dict[str, Any]:
    return {
        "name": name,
        "sides": [
            (evaluation.metrics[key], evaluation.metrics["intervals"].get(key))
            for evaluation in (one, other)
        ],
    }


def _result(run: TrainingRun) -> dict[str, Any]:
    """Return what a run came to: its kept epoch, and its version's accuracy on the test split."""
    version = getattr(run, "version", None)
    score = score_of(version) if version else None
    took = (run.finished_at - run.started_at) if run.finished_at and run.started_at else None
    return {
        "run": run,
        "best": run.epochs.order_by("val_loss").first(),
        "test_accuracy": score.metrics["accuracy"] if score and score.split == "test" else None,
        "seconds": took.total_seconds() if took else None,
    }


@staff_only
def compare_runs(request: HttpRequest) -> HttpResponse:
    """Overlay the curves of several runs, and show the settings in which they differ."""
    chosen = [int(pk) for pk in request.GET.getlist("run") if is_key(pk)][:MOST_RUNS]
    runs = list(TrainingRun.objects.filter(pk__in=chosen).select_related("dataset", "version"))
    names = sorted({name for run in runs for name in run.config})
    differing = []
    for name in names:
        values = [run.config.get(name) for run in runs]
        if any(value != values[0] for value in values):
            differing.append((name.replace("_", " "), values))
    context = {
        "runs": runs,
        "all_runs": TrainingRun.objects.select_related("dataset")[:50],
        "chosen": chosen,
        "differing": differing,
        "results": [_result(run) for run in runs],
        "most": MOST_RUNS,
    }
    return render(request, "classifier/dashboard/compare_runs.html", context)
