"""The dashboard's first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from classifier.dashboard.access import staff_only
from classifier.dashboard.tables import Table
from classifier.dashboard.traffic import traffic_context
from classifier.models import Dataset, ModelVersion, TrainingRun
from classifier.versions.headline import headline_of


@staff_only
def overview(request: HttpRequest) -> HttpResponse:
    """Show what serves, what trains, and what there is to train on."""
    production = ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION).first()
    dataset = Dataset.objects.ready().first()
    context = {
        "production": production,
        "score": headline_of(production) if production else None,
        "runs": TrainingRun.objects.select_related("dataset", "version")[:5],
        "dataset": dataset,
        "image_count": dataset.samples.exclude(split="").count() if dataset else 0,
        "version_count": ModelVersion.objects.count(),
        **traffic_context(request, production),
    }
    return render(request, "classifier/dashboard/overview.html", context)


@staff_only
def overview_numbers(request: HttpRequest, file_format: str) -> HttpResponse:
    """Return each version's test accuracy with its interval, the oldest first."""
    rows = []
    for version in ModelVersion.objects.order_by("created_at"):
        score = headline_of(version)
        if score:
            low, high = score.metrics.get("intervals", {}).get("accuracy", (None, None))
            accuracy = score.metrics["accuracy"]
            rows.append((version.name, accuracy, low, high, score.dataset, version.stage))
    columns = ("version", "accuracy", "low", "high", "dataset", "stage")
    return Table("versions", columns, rows).respond(file_format)
