"""Pages that put two versions, or several runs, side by side."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.versions import HEADLINE
from classifier.datasets.info import SPLITS
from classifier.lib.keys import is_key
from classifier.models import Dataset, Evaluation, EvaluationJob, ModelVersion, TrainingRun
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.versions.evaluation_jobs import start_evaluation
from classifier.versions.evaluations import EvaluationError
from classifier.versions.headline import headline_of
from classifier.versions.paired import paired_answers

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
        """Return its evaluations whose single answers were kept, test splits and old ones first."""
        found = self.version.evaluations.filter(
            method=self.method, predictions__isnull=False, dataset__isnull=False
        )
        rows = found.select_related("dataset").distinct().order_by("created_at")
        return sorted(rows, key=lambda e: e.split != "test")


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
    elif first and second:
        context |= {"datasets": Dataset.objects.ready(), "jobs": _jobs(first, second)}
    return render(request, "classifier/dashboard/compare_versions.html", context)


def _jobs(first: Contender, second: Contender) -> list[EvaluationJob]:
    """Return the evaluations of both that wait or work."""
    jobs = EvaluationJob.objects.filter(version__in=(first.version, second.version)).active()
    return list(jobs.select_related("version", "dataset"))


@require_POST
@staff_only
def compare_evaluate(request: HttpRequest) -> HttpResponse:
    """Let workers evaluate two versions on the same split, and come back to the comparison."""
    require_permission(request, "add_evaluation")
    pair = [_contender(request.POST.get(name, "")) for name in ("first", "second")]
    chosen, split = request.POST.get("dataset", ""), request.POST.get("split", "")
    dataset = Dataset.objects.ready().filter(pk=chosen).first() if is_key(chosen) else None
    if not all(pair) or dataset is None or split not in SPLITS:
        messages.error(request, "Choose two versions, a finished dataset and one of its splits.")
        return redirect("dashboard:compare_versions")
    for version in {contender.version for contender in pair}:
        known = version.evaluations.filter(dataset=dataset, split=split, predictions__isnull=False)
        with suppress(EvaluationError):  # it waits or works already
            if not known.exists():
                start_evaluation(version, dataset, split)
    messages.success(request, "Workers evaluate what is missing; look here again in some minutes.")
    query = urlencode({"first": pair[0].key, "second": pair[1].key})
    return redirect(f"{reverse('dashboard:compare_versions')}?{query}")


def _contender(key: str) -> Contender | None:
    pk, _, method = key.partition("-")
    version = ModelVersion.objects.filter(pk=pk).first() if is_key(pk) else None
    method = method or Evaluation.Method.NEURAL
    return Contender(version, method) if version and method in Evaluation.Method else None


def _same_images(first: Contender, second: Contender) -> tuple[Evaluation, Evaluation] | None:
    """Return the first evaluations of both on one dataset's split, test splits first."""
    others = second.evaluations()
    for one in first.evaluations():
        for other in others:
            if (one.dataset_id, one.split) == (other.dataset_id, other.split):
                return one, other
    return None


def _comparison(one: Evaluation, other: Evaluation, request: HttpRequest) -> dict[str, Any]:
    pair = paired_answers(one, other)
    differing = [
        {"prediction": row, "rival": rival}
        for row, rival in zip(pair.rows, pair.rivals, strict=True)
        if row.answer != rival
    ]
    return {
        "evaluations": (one, other),
        "result": pair.comparison,
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
    score = headline_of(version) if version else None
    took = (run.finished_at - run.started_at) if run.finished_at and run.started_at else None
    return {
        "run": run,
        "best": run.epochs.order_by("val_loss").first(),
        "test_accuracy": score.metrics["accuracy"] if score and score.split == "test" else None,
        "seconds": took.total_seconds() if took else None,
    }


def _differing(runs: list[TrainingRun]) -> list[tuple[str, list[Any]]]:
    """Return the settings in which runs differ; a setting that a run does not name is default."""
    configs = [_settings(run) for run in runs]
    names = sorted({name for config in configs for name in config})
    rows = [(name, [config.get(name) for config in configs]) for name in names]
    return [
        (name.replace("_", " "), values)
        for name, values in rows
        if any(value != values[0] for value in values)
    ]


def _settings(run: TrainingRun) -> dict[str, Any]:
    try:
        return TrainingConfig.from_json(run.config).to_json()
    except InvalidConfigError:  # of another version of this project
        return run.config


@staff_only
def compare_runs(request: HttpRequest) -> HttpResponse:
    """Overlay the curves of several runs, and show the settings in which they differ."""
    chosen = [int(pk) for pk in request.GET.getlist("run") if is_key(pk)][:MOST_RUNS]
    runs = list(TrainingRun.objects.filter(pk__in=chosen).select_related("dataset", "version"))
    datasets = {run.dataset_fingerprint for run in runs}
    context = {
        "runs": runs,
        "all_runs": TrainingRun.objects.select_related("dataset")[:50],
        "chosen": chosen,
        "differing": _differing(runs),
        "same_dataset": len(datasets) == 1,
        "results": [_result(run) for run in runs],
        "most": MOST_RUNS,
    }
    return render(request, "classifier/dashboard/compare_runs.html", context)
