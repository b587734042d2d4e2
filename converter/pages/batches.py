"""Pages of batches: how far each is, what came of it, and all its drawings as one file."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from converter.adjusting.ground import CHOICES
from converter.adjusting.options import OPTIONS
from converter.batches import cancel_batch, delete_items, progress_of, trace_again
from converter.conversion import Choice
from converter.models import Batch, BatchItem
from converter.outputs.formats import FORMATS, MAX_MM
from converter.outputs.png import MAX_SIDE
from converter.pages.downloads import zipped
from converter.pages.forms import AdjustForm, PresetForm
from converter.pages.names import take_name
from converter.presets import PRESETS
from converter.protection.inline import says_when_busy
from converter.throttling import too_many


@require_safe
def batch(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a batch; a single logo's page takes over once that was converted."""
    context = _state(own_batch(request, pk), request.GET.get("show", ""))
    if single := _single(context):
        return redirect("conversion", single)
    return render(request, "converter/batch.html", context)


@require_safe
def state(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show how far a batch is."""
    context = _state(own_batch(request, pk))
    if single := _single(context):
        return HttpResponseClientRedirect(reverse("conversion", args=[single]))
    return render(request, "converter/batch_state.html", context)


@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cancel the items of a batch that no worker has begun."""
    cancel_batch(own_batch(request, pk))
    return redirect("batch", pk)


@require_safe
@says_when_busy
def download(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Serve a batch's drawings as one zip file."""
    return zipped(request, own_batch(request, pk).drawings())


@require_POST
def rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call a batch something else."""
    take_name(request, own_batch(request, pk))
    return redirect("batch", pk)


@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a batch with all its uploads and drawings, at once."""
    batch = own_batch(request, pk)
    count = delete_items(batch, batch.items.select_related("conversion"))
    messages.success(request, f"{_logos(count)} deleted, with uploads and drawings.")
    return redirect("convert")


@require_POST
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Trace the chosen logos of a batch again, as another type or preset, or delete them."""
    batch = own_batch(request, pk)
    chosen = batch.items.filter(position__in=_numbers(request.POST.getlist("chosen")))
    items = list(chosen.select_related("conversion"))
    if not items:
        messages.error(request, "Choose some logos first: tick the boxes on their pictures.")
        return redirect("batch", pk)
    if "delete" in request.POST:
        deleted = delete_items(batch, items)
        messages.success(request, f"{_logos(deleted)} deleted, with uploads and drawings.")
        return (
            redirect("batch", pk) if Batch.objects.filter(pk=pk).exists() else redirect("convert")
        )
    form = PresetForm(request.POST)
    adjusting = AdjustForm(request.POST, preset=request.POST.get("preset", ""))
    if not form.is_valid():
        messages.error(request, "Choose one of the presets.")
    elif not adjusting.is_valid():
        for faults in adjusting.errors.values():
            messages.error(request, " ".join(faults))
    elif problem := too_many(request, len(items)):
        messages.error(request, problem)
    else:
        choice = Choice(form.cleaned_data["preset"], adjustments=adjusting.adjustments)
        trace_again(batch, items, choice)
    return redirect("batch", pk)


def own_batch(request: HttpRequest, pk: UUID) -> Batch:
    """Return the visitor's batch of that number, or answer 404."""
    return get_object_or_404(Batch.objects.of_visitor(request), pk=pk)


def _state(batch: Batch, show: str = "") -> dict[str, Any]:
    items = list(batch.items.select_related("conversion"))
    filters = _filters(items)
    return {
        "batch": batch,
        "items": items,
        "shown": next((kept for name, _, kept in filters if name == show), items),
        "show": show,
        "filters": filters,
        "begun": any(item.attempts for item in items),
        "progress": progress_of(batch),
        "form": PresetForm(),
        "options": OPTIONS.values(),
        "grounds": CHOICES.items(),
        "formats": FORMATS.values(),
        "max_side": MAX_SIDE,
        "max_mm": MAX_MM,
    }


def _filters(items: list[BatchItem]) -> list[tuple[str, str, list[BatchItem]]]:
    """Return what a batch can be narrowed to: a name, a label, and the items; nothing empty."""
    drawn = [item for item in items if item.conversion]
    kinds = [
        (preset, preset, [item for item in drawn if item.conversion.preset == preset])
        for preset in PRESETS
    ]
    poor = settings.CONVERTER_POOR_FIDELITY
    kinds += [
        ("poor", f"fidelity below {poor:.0%}", [i for i in drawn if i.conversion.fidelity < poor]),
        ("failed", "failed", [i for i in items if i.status == BatchItem.Status.FAILED]),
    ]
    return [(name, label, kept) for name, label, kept in kinds if kept]


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 7]


def _logos(count: int) -> str:
    return "1 logo is" if count == 1 else f"{count} logos are"


def _single(context: dict[str, Any]) -> UUID | None:
    items = context["items"]
    return items[0].conversion_id if len(items) == 1 else None
