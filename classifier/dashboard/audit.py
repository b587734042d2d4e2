"""The audit: looking at a random sample of labels, and confirming or correcting each."""

import hashlib
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from classifier.dashboard.access import require_permission, staff_only
from classifier.logo_types import AMBIGUOUS, CLASS_NAMES
from classifier.models import Dataset, LabelCorrection, Sample

PAGE_SIZE = 48
# The keys of the page, in the order of its buttons.
KEYS = {**{str(number): name for number, name in enumerate(CLASS_NAMES, 1)}, "a": AMBIGUOUS}
_MEASURES = {
    "gradient_share": "gradient",
    "colours": "colours",
    "regions": "regions",
    "lettering": "lettering",
}


@staff_only
def audit(request: HttpRequest) -> HttpResponse:
    """Show a contact sheet. The address says all: dataset, class, split, seed, page."""
    datasets = Dataset.objects.filter(status=Dataset.Status.READY)
    chosen = request.GET.get("dataset", "")
    dataset = datasets.filter(pk=chosen).first() if chosen.isdigit() else datasets.first()
    label = request.GET.get("class", CLASS_NAMES[0])
    split = request.GET.get("split", "test")
    seed = request.GET.get("seed", "0")[:20]
    context: dict[str, Any] = {
        "datasets": datasets,
        "dataset": dataset,
        "labels": [*CLASS_NAMES, AMBIGUOUS],
        "label": label if label in (*CLASS_NAMES, AMBIGUOUS) else CLASS_NAMES[0],
        "split": split if split in Sample.Split.values else "test",
        "splits": [*Sample.Split.choices],
        "seed": seed,
        "keys": KEYS,
    }
    if dataset:
        context |= _sheet(dataset, context["label"], context["split"], seed, request)
    return render(request, "classifier/dashboard/audit.html", context)


def _sheet(
    dataset: Dataset, label: str, split: str, seed: str, request: HttpRequest
) -> dict[str, Any]:
    found = dataset.samples.filter(label=label, split=split).values_list("pk", "sha256")
    order = sorted(found, key=lambda row: hashlib.sha256(f"{seed}:{row[1]}".encode()).digest())
    corrections = {
        correction.sha256: correction
        for correction in LabelCorrection.objects.filter(
            sha256__in=dataset.samples.filter(label=label, split=split).values("sha256")
        )
    }
    page = Paginator([pk for pk, _ in order], PAGE_SIZE).get_page(request.GET.get("page"))
    samples = Sample.objects.select_related("dataset").in_bulk(list(page))
    tiles = [_tile(samples[pk], corrections.get(samples[pk].sha256)) for pk in page]
    wrong = sum(correction.label != label for correction in corrections.values())
    return {
        "page": page,
        "tiles": tiles,
        "checked": len(corrections),
        "wrong": wrong,
        "error_rate": wrong / len(corrections) if corrections else None,
    }


def _tile(sample: Sample, correction: LabelCorrection | None) -> dict[str, Any]:
    measures = [
        f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}"
        for key, name in _MEASURES.items()
        if (value := sample.measures.get(key)) is not None
    ]
    return {"sample": sample, "correction": correction, "measures": measures, "keys": KEYS}


@require_POST
@staff_only
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Store what a person says about a sample's label; answer with its tile."""
    require_permission(request, "add_labelcorrection")
    sample = get_object_or_404(Sample.objects.select_related("dataset"), pk=pk)
    label = request.POST.get("label", "")
    if label not in KEYS.values():
        return HttpResponseBadRequest(f"Labels are {', '.join(KEYS.values())}.")
    correction, _ = LabelCorrection.objects.update_or_create(
        sha256=sample.sha256,
        defaults={
            "label": label,
            "measured_label": sample.measured_label or sample.label,
            "corrected_by": request.user.get_username(),
            "corrected_at": timezone.now(),
        },
    )
    return render(
        request, "classifier/dashboard/audit_tile.html", {"tile": _tile(sample, correction)}
    )
