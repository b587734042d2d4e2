"""Pages of model versions."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.matrix import matrix_rows
from classifier.dashboard.scores import gate_of, score_of, served_bytes
from classifier.dashboard.tables import Table
from classifier.data.info import SPLITS
from classifier.evaluation_jobs import cancel_evaluation, start_evaluation
from classifier.evaluations import EvaluationError
from classifier.inference.manifest import ModelError
from classifier.logo_types import CLASS_NAMES
from classifier.models import Dataset, Evaluation, EvaluationJob, ModelVersion, Prediction, Sample

HEADLINE = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "f1_macro": "F1, macro",
    "precision_macro": "Precision, macro",
    "recall_macro": "Recall, macro",
    "f1_weighted": "F1, weighted",
    "expected_calibration_error": "Calibration error",
}
_VERSIONS = ModelVersion.objects.select_related("run", "run__dataset")


@staff_only
def version_list(request: HttpRequest) -> HttpResponse:
    """List all versions with their test accuracy, the newest first."""
    page = Paginator(_VERSIONS.all(), 25).get_page(request.GET.get("page"))
    rows = [{"version": version, "score": score_of(version)} for version in page]
    may_combine = request.user.has_perm("classifier.add_trainingrun") and len(rows) > 1
    context = {"page": page, "rows": rows, "may_combine": may_combine}
    return render(request, "classifier/dashboard/versions.html", context)


@staff_only
def version_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a version scored, and what it is."""
    version = get_object_or_404(_VERSIONS, pk=pk)
    chosen = request.GET.get("evaluation", "")
    score = score_of(version, int(chosen) if chosen.isdigit() else None)
    if score is None and chosen:
        raise Http404("This version has no such evaluation.")
    jobs = shown_jobs(version)
    context = {
        "version": version,
        "score": score,
        "serving": version.stage == ModelVersion.Stage.PRODUCTION,
        "evaluations": version.evaluations.select_related("dataset"),
        "datasets": Dataset.objects.filter(status=Dataset.Status.READY),
        "test_looks": version.evaluations.filter(
            split=Sample.Split.TEST, method=Evaluation.Method.NEURAL
        ).count(),
        "jobs": jobs,
        "polling": any(job.is_active for job in jobs),
        "others": ModelVersion.objects.exclude(pk=version.pk),
        "megabytes": served_bytes(version) / 1e6,
        "manifest": version.manifest,
        "config": {
            key.replace("_", " "): value
            for key, value in version.manifest.get("config", {}).items()
        },
    }
    if score:
        context |= {
            "headline": _headline(score.metrics),
            "matrix": matrix_rows(score.metrics["confusion_matrix"]),
            "per_class": score.metrics["per_class"],
            "gate": gate_of(version, score),
            "answered_by": score.metrics.get("answered_by", {}),
            "robustness": _robustness(score.metrics.get("robustness", [])),
            "query": f"?evaluation={score.evaluation.pk}" if score.evaluation else "",
        }
    return render(request, "classifier/dashboard/version.html", context)


def _headline(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    intervals = metrics.get("intervals", {})
    return [
        {"name": name, "value": metrics[key], "interval": intervals.get(key)}
        for key, name in HEADLINE.items()
        if key in metrics
    ]


def _robustness(records: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Group the records of a robustness measurement by corruption."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        grouped.setdefault(record["corruption"], []).append(record)
    return grouped


@staff_only
def version_numbers(request: HttpRequest, pk: int, table: str, file_format: str) -> HttpResponse:
    """Return the numbers behind one of a version's charts."""
    version = get_object_or_404(ModelVersion, pk=pk)
    chosen = request.GET.get("evaluation", "")
    score = score_of(version, int(chosen) if chosen.isdigit() else None)
    if score is None or table not in _TABLES:
        raise Http404("There are no such numbers.")
    return _TABLES[table](f"{version.name}-{table}", score.metrics).respond(file_format)


def _class_table(name: str, metrics: dict[str, Any]) -> Table:
    columns = ("class", "accuracy", "low", "high", "precision", "recall", "f1", "support")
    records = []
    for class_name, figures in metrics["per_class"].items():
        low, high = figures.get("interval") or (None, None)
        records.append({"class": class_name, "low": low, "high": high, **figures})
    return Table.of_records(name, columns, records)


def _confusion_table(name: str, metrics: dict[str, Any]) -> Table:
    rows = [
        (truth, answer, count)
        for truth, counts in zip(CLASS_NAMES, metrics["confusion_matrix"], strict=True)
        for answer, count in zip(CLASS_NAMES, counts, strict=True)
    ]
    return Table(name, ("truth", "answer", "count"), rows)


def _headline_table(name: str, metrics: dict[str, Any]) -> Table:
    rows = [
        (key, metrics[key], *metrics.get("intervals", {}).get(key, (None, None)))
        for key in HEADLINE
        if key in metrics
    ]
    return Table(name, ("measure", "value", "low", "high"), rows)


def _reliability_table(name: str, metrics: dict[str, Any]) -> Table:
    columns = ("low", "high", "count", "confidence", "accuracy")
    return Table.of_records(name, columns, metrics.get("reliability", []))


def _confidences_table(name: str, metrics: dict[str, Any]) -> Table:
    columns = ("low", "high", "right", "wrong")
    return Table.of_records(name, columns, metrics.get("confidences", []))


def _coverage_table(name: str, metrics: dict[str, Any]) -> Table:
    columns = ("coverage", "confidence", "accuracy")
    return Table.of_records(name, columns, metrics.get("risk_coverage", []))


def _robustness_table(name: str, metrics: dict[str, Any]) -> Table:
    columns = ("corruption", "strength", "accuracy", "worst_class", "worst_accuracy")
    return Table.of_records(name, columns, metrics.get("robustness", []))


_TABLES = {
    "headline": _headline_table,
    "classes": _class_table,
    "confusion": _confusion_table,
    "reliability": _reliability_table,
    "confidences": _confidences_table,
    "coverage": _coverage_table,
    "robustness": _robustness_table,
}


@require_POST
@staff_only
def version_promote(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a version serve from now on."""
    from classifier.versions import promote

    require_permission(request, "change_modelversion")
    version = get_object_or_404(ModelVersion, pk=pk)
    try:
        promote(version)
        messages.success(request, f"{version} serves now.")
    except ModelError as error:
        messages.error(request, f"{version} cannot serve: {error}")
    return redirect("dashboard:version", pk)


@require_POST
@staff_only
def version_evaluate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a worker evaluate a version on a split of a dataset."""
    require_permission(request, "add_evaluation")
    version = get_object_or_404(ModelVersion, pk=pk)
    chosen, split = request.POST.get("dataset", ""), request.POST.get("split", "")
    ready = Dataset.objects.filter(status=Dataset.Status.READY)
    dataset = ready.filter(pk=chosen).first() if chosen.isdigit() else None
    if dataset is None or split not in SPLITS:
        messages.error(request, "Choose a finished dataset and one of its splits.")
        return redirect("dashboard:version", pk)
    try:
        start_evaluation(version, dataset, split)
        messages.success(request, "A worker evaluates it; the figures appear here when it is done.")
    except EvaluationError as error:
        messages.error(request, str(error))
    return redirect("dashboard:version", pk)


def shown_jobs(version: ModelVersion) -> list[EvaluationJob]:
    """Return the evaluations that wait or work, and the newest one if it did not succeed."""
    jobs = version.evaluation_jobs.select_related("dataset")
    newest = jobs.first()
    ended_badly = newest and not newest.is_active and newest.status != newest.Status.SUCCEEDED
    return [*jobs.filter(status__in=EvaluationJob.ACTIVE), *([newest] if ended_badly else [])]


@staff_only
def version_jobs(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a version's evaluations that wait or work; load the page anew when none is left."""
    version = get_object_or_404(ModelVersion, pk=pk)
    jobs = shown_jobs(version)
    if not any(job.is_active for job in jobs):
        return HttpResponseClientRefresh()
    context = {"version": version, "jobs": jobs, "polling": True}
    return render(request, "classifier/dashboard/evaluation_jobs.html", context)


@require_POST
@staff_only
def evaluation_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask an evaluation to stop."""
    require_permission(request, "add_evaluation")
    job = get_object_or_404(EvaluationJob, pk=pk)
    cancel_evaluation(job)
    return redirect("dashboard:version", job.version_id)


@staff_only
def predictions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the images of one cell of an evaluation's confusion matrix, or every wrong answer."""
    evaluation = get_object_or_404(Evaluation.objects.select_related("version", "dataset"), pk=pk)
    truth, answer = request.GET.get("truth", ""), request.GET.get("answer", "")
    rows = evaluation.predictions.select_related("sample")
    if truth in CLASS_NAMES:
        rows = rows.filter(sample__label=truth)
    if answer in CLASS_NAMES:
        rows = rows.filter(answer=answer)
    if truth not in CLASS_NAMES and answer not in CLASS_NAMES:
        rows = rows.exclude(answer=F("sample__label"))
    page = Paginator(rows.order_by("sample__label", "answer", "-confidence"), 60).get_page(
        request.GET.get("page")
    )
    drawn = {path.stem for path in evaluation.folder.glob("*.webp")}
    pairs = [
        {
            "truth": pair[0],
            "answer": pair[1],
            "rows": [(row, str(row.sample_id) in drawn) for row in group],
        }
        for pair, group in groupby(page, key=lambda row: (row.sample.label, row.answer))
    ]
    context = {
        "evaluation": evaluation,
        "truth": truth,
        "answer": answer,
        "page": page,
        "pairs": pairs,
        "drawn": bool(drawn),
    }
    return render(request, "classifier/dashboard/predictions.html", context)


@staff_only
@cache_control(private=True, max_age=86400)
def saliency_image(request: HttpRequest, pk: int) -> FileResponse:
    """Return the picture of what decided a wrong answer."""
    prediction = get_object_or_404(Prediction.objects.select_related("evaluation"), pk=pk)
    if not prediction.saliency_file.is_file():
        raise Http404("There is no such picture: evaluate the version again.")
    return FileResponse(prediction.saliency_file.open("rb"), content_type="image/webp")
