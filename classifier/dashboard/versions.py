"""Pages of model versions."""

import json
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from classifier.dashboard.access import staff_only
from classifier.dashboard.charts import plotly_file
from classifier.dashboard.ensembles import shown_builds
from classifier.dashboard.evaluations import shown_jobs
from classifier.dashboard.matrix import matrix_rows
from classifier.dashboard.methods import methods_report
from classifier.dashboard.tables import Table
from classifier.dashboard.variants import variant_rows
from classifier.inference.manifest import ModelError
from classifier.lib.keys import is_key
from classifier.logo_types import CLASS_NAMES
from classifier.models import Dataset, Evaluation, ModelVersion, Sample
from classifier.versions.gate import gate_of
from classifier.versions.headline import Score, headline_of, score_of, served_bytes
from classifier.versions.history import judged_answers, version_before
from classifier.versions.repository.files import write_repository

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
    rows = [{"version": version, "score": headline_of(version)} for version in page]
    may_combine = request.user.has_perm("classifier.add_trainingrun") and len(rows) > 1
    context = {
        "page": page,
        "rows": rows,
        "may_combine": may_combine,
        "works": shown_builds(request),
        "before": version_before(),
    }
    return render(request, "classifier/dashboard/versions.html", context)


@staff_only
def version_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a version scored, and what it is."""
    version = get_object_or_404(_VERSIONS, pk=pk)
    chosen = request.GET.get("evaluation", "")
    score = score_of(version, int(chosen) if is_key(chosen) else None)
    if score is None and chosen:
        raise Http404("This version has no such evaluation.")
    jobs = shown_jobs(version)
    shown = _shown(version, score)
    context = {
        **shown,
        "red": any(check.passed is False for check in shown["gate"]),
        "evaluations": version.evaluations.select_related("dataset"),
        "datasets": Dataset.objects.ready(),
        "test_looks": version.evaluations.filter(
            split=Sample.Split.TEST, method=Evaluation.Method.NEURAL
        ).count(),
        "jobs": jobs,
        "polling": any(job.is_active for job in jobs),
        "own_dataset": _own_dataset(version, score),
        "headline_score": headline_of(version),
        "before": version_before(),
        "production": ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION).first(),
        "others": ModelVersion.objects.exclude(pk=version.pk),
    }
    return render(request, "classifier/dashboard/version.html", context)


@staff_only
def version_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Return a version's figures as one HTML file that needs nothing else."""
    version = get_object_or_404(_VERSIONS, pk=pk)
    chosen = request.GET.get("evaluation", "")
    score = score_of(version, int(chosen) if is_key(chosen) else None)
    if score is None:
        raise Http404("This version was not evaluated yet.")
    context = {
        **_shown(version, score),
        "records": {
            name: json.dumps(_TABLES[name](name, score.metrics).records())
            for name in ("classes", "reliability", "confidences", "coverage")
        },
        "report": methods_report(version),
        "css": _script_text(_static("classifier/site.css")),
        "plotly": _script_text(plotly_file()),
        "charts": _script_text(_static("classifier/dashboard.js")),
    }
    response = render(request, "classifier/dashboard/version_report.html", context)
    # A download: it has its own scripts, which this site's pages must not have.
    response["Content-Disposition"] = f'attachment; filename="{version.name}-report.html"'
    return response


@staff_only
def version_repository(request: HttpRequest, pk: int) -> HttpResponse:
    """Return a version as a model repository, in a zip."""
    version = get_object_or_404(ModelVersion, pk=pk)
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    try:
        write_repository(version, file)
    except ModelError as error:
        file.close()
        messages.error(request, f"{version} cannot be exported: {error}")
        return redirect("dashboard:version", pk)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{version.name}-huggingface.zip")


def _static(name: str) -> Path:
    return Path(finders.find(name))


def _script_text(file: Path) -> str:
    """Return a file's text, fit to stand inside a script element."""
    return file.read_text().replace("</script", "<\\/script")


def _shown(version: ModelVersion, score: Score | None) -> dict[str, Any]:
    """Return what a version's page and its report show."""
    context = {
        "version": version,
        "score": score,
        "serving": version.stage == ModelVersion.Stage.PRODUCTION,
        "megabytes": served_bytes(version) / 1e6,
        "manifest": version.manifest,
        "variants": variant_rows(version),
        "live": judged_answers(version),
        "gate": gate_of(version),
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
            "is_headline": score == headline_of(version),
            "answered_by": score.metrics.get("answered_by", {}),
            "robustness": _robustness(score.metrics.get("robustness", [])),
            "query": f"?evaluation={score.evaluation.pk}" if score.evaluation else "",
        }
    return context


def _own_dataset(version: ModelVersion, score: Score | None) -> Dataset | None:
    """Return the dataset whose images a score was measured on, if its answers are not here yet."""
    if score is None or score.answers or not score.fingerprint:
        return None
    return Dataset.objects.ready().filter(fingerprint=score.fingerprint).first()


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
    score = score_of(version, int(chosen) if is_key(chosen) else None)
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
