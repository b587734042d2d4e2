"""Pages of retraining: the schedule, each pass with its steps, and how to stop or go on."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.work import shown
from classifier.models import Retraining, RetrainingSchedule
from classifier.retraining.kinds import RetrainingKind
from classifier.retraining.lifecycle import (
    RESUMABLE,
    RetrainingError,
    resume_retraining,
    save_schedule,
    start_retraining,
    steps_of,
)
from classifier.retraining.waiting import waiting_labels

_ROWS = RetrainingKind().rows()
_PAGES = {"training": "run", "dataset": "dataset"}  # of the rows of some steps


class ScheduleForm(forms.ModelForm):
    """The schedule's settings."""

    class Meta:
        model = RetrainingSchedule
        fields = ("threshold", "head_epochs", "top_epochs", "full_epochs", "enabled", "shadow")
        labels = {
            "threshold": "New labels that start one",
            "head_epochs": "Epochs of the head",
            "top_epochs": "Epochs of the last blocks",
            "full_epochs": "Epochs of the whole network",
            "enabled": "Retrain by itself",
            "shadow": "Run what comes of it as shadow",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["threshold"].min_value = 1
        for name in ("threshold", "head_epochs", "top_epochs", "full_epochs"):
            self.fields[name].widget.attrs.update(min=int(name == "threshold"), max=10_000)

    def clean_threshold(self) -> int:
        """Refuse none: one would start after the other."""
        value = self.cleaned_data["threshold"]
        if not 1 <= value <= 10_000:
            raise forms.ValidationError("From 1 to 10,000.")
        return value

    def clean(self) -> dict[str, Any]:
        """Refuse more epochs than a training takes."""
        for name in ("head_epochs", "top_epochs", "full_epochs"):
            if self.cleaned_data.get(name, 0) > 500:
                self.add_error(name, "500 at most.")
        return self.cleaned_data


@staff_only
def retrainings(request: HttpRequest) -> HttpResponse:
    """Show the schedule, what waits to be learnt, and all passes, the newest first."""
    return _overview(request, ScheduleForm(instance=RetrainingSchedule.load()))


def _overview(request: HttpRequest, form: ScheduleForm) -> HttpResponse:
    page = Paginator(_ROWS.all(), 25).get_page(request.GET.get("page"))
    schedule = RetrainingSchedule.load()
    waiting = waiting_labels()
    context = {
        "form": form,
        "schedule": schedule,
        "waiting": waiting,
        "missing": max(0, schedule.threshold - waiting.count),
        "page": page,
        "going_on": Retraining.objects.active().exists(),
    }
    return render(request, "classifier/dashboard/retrainings.html", context)


@require_POST
@staff_only
def retraining_schedule(request: HttpRequest) -> HttpResponse:
    """Change the schedule."""
    require_permission(request, "change_retrainingschedule")
    form = ScheduleForm(request.POST, instance=RetrainingSchedule.load())
    if not form.is_valid():
        return _overview(request, form)
    try:
        schedule = save_schedule(form.cleaned_data, request.user)
        messages.success(request, f"Retraining by itself is {schedule}.")
    except RetrainingError as error:
        messages.error(request, str(error))
    return redirect("dashboard:retrainings")


@require_POST
@staff_only
def retraining_start(request: HttpRequest) -> HttpResponse:
    """Retrain now, whatever waits."""
    require_permission(request, "add_trainingrun")
    try:
        row = start_retraining(request.user)
    except RetrainingError as error:
        messages.error(request, str(error))
        return redirect("dashboard:retrainings")
    return redirect("dashboard:retraining", row.pk)


@require_POST
@staff_only
def retraining_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a pass that ended early go on."""
    require_permission(request, "add_trainingrun")
    row = get_object_or_404(Retraining, pk=pk)
    try:
        resume_retraining(row)
        messages.success(request, f"{row} is queued again.")
    except RetrainingError as error:
        messages.error(request, str(error))
    return redirect("dashboard:retraining", pk)


@staff_only
def retraining_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one pass; the part that changes is fetched again while it lasts."""
    return render(request, "classifier/dashboard/retraining.html", _state(request, pk))


@staff_only
def retraining_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the part of a pass's page that changes."""
    return render(request, "classifier/dashboard/retraining_state.html", _state(request, pk))


def _state(request: HttpRequest, pk: int) -> dict[str, Any]:
    row = get_object_or_404(_ROWS, pk=pk)
    steps = [
        {
            "name": name,
            "work": shown(request, step) if step else None,
            "page": _PAGES.get(name, ""),
        }
        for name, step in steps_of(row).items()
    ]
    return {
        "retraining": row,
        "work": shown(request, row),
        "steps": steps,
        "resumable": row.status in RESUMABLE,
    }
