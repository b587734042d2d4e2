"""The page of a version's variants, and of when which method answers."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.tables import Table
from classifier.dashboard.work import shown
from classifier.models import VARIANT_FIGURES, ModelVariant, ModelVersion
from classifier.versions.router_fitting import REPORT
from classifier.versions.variants import start_measurement

_ROUTING = {
    "rules_confidence": "The rules answer alone from this confidence on",
    "certain_confidence": "An answer is certain from this confidence on",
    "combined_below": "Where they disagree, both answer together below the model's confidence of",
    "neural_weight": "The model's part where both answer together",
}


def variant_rows(version: ModelVersion) -> list[dict[str, Any]]:
    """Return a version's variants for the table of cost: measured here, or where it is from."""
    variants = list(version.variants.all()) or [
        ModelVariant(**figures)
        for figures in version.manifest.get("metrics", {}).get("variants", [])
    ]
    return [
        {
            "variant": variant,
            "megabytes": variant.bytes / 1e6,
            "serves": bool(variant.file) and variant.file == version.manifest["onnx"],
        }
        for variant in variants
    ]


@staff_only
def variant_numbers(request: HttpRequest, pk: int, file_format: str) -> HttpResponse:
    """Return the numbers of the table of cost."""
    version = get_object_or_404(ModelVersion, pk=pk)
    records = [
        {
            **{name: getattr(row["variant"], name) for name in VARIANT_FIGURES},
            "serves": row["serves"],
        }
        for row in variant_rows(version)
    ]
    return Table.of_records(
        f"{version.name}-variants", (*VARIANT_FIGURES, "serves"), records
    ).respond(file_format)


@staff_only
def variants_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what each variant is worth and costs, and how the router was fitted."""
    version = get_object_or_404(ModelVersion, pk=pk)
    routing = version.manifest.get("routing", {})
    newest = version.measurements.select_related("version").first()
    open_end = newest is not None and newest.status != newest.Status.SUCCEEDED
    context = {
        "work": shown(request, newest) if open_end else None,
        "version": version,
        "variants": variant_rows(version),
        "routing": [
            {"name": name, "value": routing[key], "never": routing[key] > 1}
            for key, name in _ROUTING.items()
            if key in routing
        ],
        "report": version.manifest.get("metrics", {}).get(REPORT),
    }
    return render(request, "classifier/dashboard/variants.html", context)


@require_POST
@staff_only
def variants_measure(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a worker measure a version's variants."""
    require_permission(request, "add_evaluation")
    version = get_object_or_404(ModelVersion, pk=pk)
    start_measurement(version)
    messages.success(request, "A worker measures them; the figures appear here when it is done.")
    return redirect("dashboard:variants", pk)
