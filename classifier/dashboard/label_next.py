"""What to label next: the logos that a worker chose, and people's labels for them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh, reswap, retarget

from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.labels import KEYS
from classifier.labelling.answers import AnswerError, answer, last_answered, undo
from classifier.labelling.selecting import COUNT, SelectionError, start_selection
from classifier.models import LabelSelection, SelectedLogo

_OPEN = "open"  # in the address: only what nobody reviewed yet


@staff_only
def label_next(request: HttpRequest) -> HttpResponse:
    """Show the newest selection."""
    only_open = request.GET.get("show") == _OPEN
    context = {**_state(), "keys": KEYS, "count": COUNT, "only_open": only_open}
    selection = context["selection"]
    if selection:
        logos = selection.logos.select_related("sample__dataset", "proposal")
        context["logos"] = logos.filter(label="") if only_open else logos
        context |= _counts(selection)
    return render(request, "classifier/dashboard/label_next.html", context)


@staff_only
def label_next_state(request: HttpRequest) -> HttpResponse:
    """Show how far the choice is; load the page anew when it is over."""
    context = _state()
    if context["work"] is None or not context["work"].is_active:
        return HttpResponseClientRefresh()
    return render(request, "classifier/dashboard/label_next_state.html", context)


@require_POST
@staff_only
def label_next_start(request: HttpRequest) -> HttpResponse:
    """Let a worker choose logos anew."""
    require_permission(request, "add_labelcorrection")
    try:
        start_selection(request.user)
    except SelectionError as error:
        messages.error(request, str(error))
    return redirect("dashboard:label_next")


@require_POST
@staff_only
def label_next_cancel(request: HttpRequest) -> HttpResponse:
    """Ask the choice to stop."""
    require_permission(request, "add_labelcorrection")
    LabelSelection.objects.active().cancel()
    return redirect("dashboard:label_next")


@require_POST
@staff_only
def label_next_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Take in a label; answer with the logo's tile and the counter."""
    require_permission(request, "add_labelcorrection")
    logo = get_object_or_404(SelectedLogo, pk=pk)
    label = request.POST.get("label", "")
    if label not in KEYS.values():
        return HttpResponseBadRequest(f"Labels are {', '.join(KEYS.values())}.")
    problem = ""
    try:
        answer(logo, label, request.user)
    except AnswerError as error:
        problem = str(error)
    return _tile(request, logo.pk, problem)


@require_POST
@staff_only
def label_next_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a logo's label; answer with its tile and the counter."""
    require_permission(request, "add_labelcorrection")
    return _undone(request, get_object_or_404(SelectedLogo, pk=pk))


@require_POST
@staff_only
def label_next_undo_last(request: HttpRequest) -> HttpResponse:
    """Take back the label that whoever asks gave last; its tile replaces itself on the page."""
    require_permission(request, "add_labelcorrection")
    selection = _state()["selection"]
    logo = last_answered(selection, request.user) if selection else None
    if logo is None:
        return HttpResponse(status=204)
    if "show=open" in (request.htmx.current_url or ""):
        undo_quietly(request, logo)
        return HttpResponseClientRefresh()  # its tile may not be on the page
    response = _undone(request, logo)
    return reswap(retarget(response, f"#logo-{logo.pk}"), "outerHTML")


def undo_quietly(request: HttpRequest, logo: SelectedLogo) -> None:
    """Undo, and say on the next page what went wrong."""
    try:
        undo(logo)
    except AnswerError as error:
        messages.error(request, str(error))


def _undone(request: HttpRequest, logo: SelectedLogo) -> HttpResponse:
    problem = ""
    try:
        undo(logo)
    except AnswerError as error:
        problem = str(error)
    return _tile(request, logo.pk, problem)


def _tile(request: HttpRequest, pk: int, problem: str) -> HttpResponse:
    logo = SelectedLogo.objects.select_related("sample__dataset", "proposal", "selection").get(
        pk=pk
    )
    context = {"logo": logo, "keys": KEYS, "problem": problem, "swapped": True}
    return render(
        request,
        "classifier/dashboard/label_next_tile.html",
        context | _counts(logo.selection),
    )


def _counts(selection: LabelSelection) -> dict[str, int]:
    logos = selection.logos.all()
    return {"total": logos.count(), "labelled": logos.exclude(label="").count()}


def _state() -> dict[str, Any]:
    """Return the newest choice, and the newest one that came to something."""
    done = LabelSelection.objects.filter(status=LabelSelection.Status.SUCCEEDED)
    return {"work": LabelSelection.objects.first(), "selection": done.first()}
