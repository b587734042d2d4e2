"""Pages of batches: how far each is, what came of it, and all its drawings as one file."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from converter.batches import cancel_batch, progress_of
from converter.models import Batch, Conversion
from converter.pages.downloads import zipped


@require_GET
def batch(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a batch; a single logo's page takes over once that was converted."""
    context = _state(own_batch(request, pk))
    if single := _single(context):
        return redirect("conversion", single)
    return render(request, "converter/batch.html", context)


@require_GET
def state(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show how far a batch is."""
    context = _state(own_batch(request, pk))
    if single := _single(context):
        return HttpResponseClientRedirect(reverse("conversion", args=[single]))
    return render(request, "converter/batch_state.html", context)


@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back what waits."""
    cancel_batch(own_batch(request, pk))
    return redirect("batch", pk)


@require_GET
def download(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Serve a batch's drawings as one zip file."""
    return zipped(request, drawings_of(own_batch(request, pk)))


def own_batch(request: HttpRequest, pk: UUID) -> Batch:
    """Return the visitor's batch of that number, or answer 404."""
    return get_object_or_404(Batch.objects.of_visitor(request), pk=pk)


def drawings_of(batch: Batch) -> list[Conversion]:
    """Return what a batch's items became, in their order."""
    found = Conversion.objects.filter(batch_item__batch=batch)
    return list(found.order_by("batch_item__position"))


def _state(batch: Batch) -> dict[str, Any]:
    items = list(batch.items.select_related("conversion"))
    return {
        "batch": batch,
        "items": items,
        "begun": any(item.attempts for item in items),
        "progress": progress_of(batch),
    }


def _single(context: dict[str, Any]) -> UUID | None:
    items = context["items"]
    return items[0].conversion_id if len(items) == 1 else None
