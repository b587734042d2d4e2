"""The page of a version's variants, and of when which method answers."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from classifier.dashboard.access import require_permission, staff_only
from classifier.models import ModelVersion
from classifier.routing import REPORT
from classifier.variants import VariantError, enqueue_measurement

_ROUTING = {
    "rules_confidence": "The rules answer alone from this confidence on",
    "certain_confidence": "An answer is certain from this confidence on",
    "neural_weight": "The model's part where both answer together",
}


@staff_only
def variants_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what each variant is worth and costs, and how the router was fitted."""
    version = get_object_or_404(ModelVersion, pk=pk)
    rows = [
        {
            "variant": variant,
            "megabytes": variant.bytes / 1e6,
            "serves": bool(variant.file) and variant.file == version.manifest["onnx"],
        }
        for variant in version.variants.all()
    ]
    routing = version.manifest.get("routing", {})
    context = {
        "version": version,
        "rows": rows,
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
    try:
        enqueue_measurement(version)
        messages.success(
            request, "A worker measures them; the figures appear here when it is done."
        )
    except VariantError as error:
        messages.error(request, str(error))
    return redirect("dashboard:variants", pk)
