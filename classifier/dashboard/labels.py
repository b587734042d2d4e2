"""The audit: looking at a random sample of labels, and confirming or correcting each."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from classifier.dashboard.access import require_permission, staff_only
from classifier.datasets.corrections import correct as store_correction
from classifier.datasets.label_checks import LabelCheckError, start_label_check
from classifier.evaluation.intervals import wilson
from classifier.lib.keys import is_key
from classifier.logo_types import AMBIGUOUS, CLASS_NAMES
from classifier.models import Dataset, LabelCheck, LabelCorrection, Sample

PAGE_SIZE = 48
ORDERS = ("random", "suspicious")
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
    """Show a contact sheet. The address says all: dataset, class, split, order, seed, page."""
    datasets = Dataset.objects.ready()
    chosen = request.GET.get("dataset", "")
    dataset = datasets.filter(pk=chosen).first() if is_key(chosen) else datasets.first()
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
        "order": ORDERS[0] if request.GET.get("order") != ORDERS[1] else ORDERS[1],
        "seed": seed,
        "keys": KEYS,
        "only_open": request.GET.get("show") == "open",
    }
    if dataset:
        order = None if context["order"] == ORDERS[1] else seed
        context |= _sheet(dataset, context, order, request)
        context |= _check_state(dataset)
    return render(request, "classifier/dashboard/audit.html", context)


def _shuffled(rows: Iterable[tuple[int, str]], seed: str) -> list[int]:
    """Return the keys of rows (key, sha256) in an order that the seed decides."""
    keyed = sorted((sha256(f"{seed}:{own}".encode()).digest(), pk) for pk, own in rows)
    return [pk for _, pk in keyed]


def _sheet(
    dataset: Dataset, chosen: dict[str, Any], seed: str | None, request: HttpRequest
) -> dict[str, Any]:
    """Return a page of tiles in random order by a seed; without one, most suspicious first."""
    label, split = chosen["label"], chosen["split"]
    found = dataset.samples.filter(label=label, split=split)
    reviewed = LabelCorrection.objects.filter(sha256__in=found.values("sha256"))
    corrections = {correction.sha256: correction for correction in reviewed}
    total = found.count()
    if chosen["only_open"]:
        found = found.exclude(sha256__in=corrections)
    if seed is None:
        ranked = found.filter(label_quality__isnull=False).order_by("label_quality", "pk")
        order = list(ranked.values_list("pk", flat=True))
    else:
        order = _shuffled(found.values_list("pk", "sha256"), seed)
    page = Paginator(order, PAGE_SIZE).get_page(request.GET.get("page"))
    samples = Sample.objects.select_related("dataset").in_bulk(list(page))
    tiles = [_tile(samples[pk], corrections.get(samples[pk].sha256)) for pk in page]
    wrong = sum(correction.label != label for correction in corrections.values())
    return {
        "page": page,
        "total": total,
        "tiles": tiles,
        "checked": len(corrections),
        "wrong": wrong,
        "error_rate": wrong / len(corrections) if corrections else None,
        "interval": wilson(wrong, len(corrections)),
    }


def _tile(sample: Sample, correction: LabelCorrection | None) -> dict[str, Any]:
    measures = [
        f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}"
        for key, name in _MEASURES.items()
        if (value := sample.measures.get(key)) is not None
    ]
    doubt = sample.expected_label if sample.expected_label != sample.label else ""
    return {
        "sample": sample,
        "correction": correction,
        "measures": measures,
        "doubt": doubt,
        "keys": KEYS,
    }


def _check_state(dataset: Dataset) -> dict[str, Any]:
    checks = dataset.label_checks.all()
    done = checks.filter(status=LabelCheck.Status.SUCCEEDED).first()
    return {"dataset": dataset, "check": checks.first(), "checked_at": done and done.finished_at}


@staff_only
def label_check_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far the search for label errors is; load the page anew when it is over."""
    context = _check_state(get_object_or_404(Dataset, pk=pk))
    if context["check"] is None or not context["check"].is_active:
        return HttpResponseClientRefresh()
    return render(request, "classifier/dashboard/label_check.html", context)


@require_POST
@staff_only
def label_check_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a worker search a dataset for likely label errors."""
    require_permission(request, "add_labelcorrection")
    dataset = get_object_or_404(Dataset, pk=pk)
    try:
        start_label_check(dataset)
    except LabelCheckError as error:
        messages.error(request, str(error))
    return _suspicious_page(dataset)


@require_POST
@staff_only
def label_check_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the search for label errors to stop."""
    require_permission(request, "add_labelcorrection")
    dataset = get_object_or_404(Dataset, pk=pk)
    dataset.label_checks.all().cancel()
    return _suspicious_page(dataset)


def _suspicious_page(dataset: Dataset) -> HttpResponse:
    return redirect(f"{reverse('dashboard:audit')}?dataset={dataset.pk}&order={ORDERS[1]}")


@require_POST
@staff_only
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Store what a person says about a sample's label; answer with its tile."""
    require_permission(request, "add_labelcorrection")
    sample = get_object_or_404(Sample.objects.select_related("dataset"), pk=pk)
    label = request.POST.get("label", "")
    if label not in KEYS.values():
        return HttpResponseBadRequest(f"Labels are {', '.join(KEYS.values())}.")
    stored = store_correction(sample, label, request.user.get_username())
    return render(request, "classifier/dashboard/audit_tile.html", {"tile": _tile(sample, stored)})
