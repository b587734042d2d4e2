"""Pages of studies: searches for good settings."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.study_form import StudyForm
from classifier.dashboard.tables import Table
from classifier.models import Study, Trial
from classifier.runs.lifecycle import RunError, start_run
from classifier.studies import lifecycle as studies
from classifier.studies.lifecycle import StudyError
from classifier.training.config import InvalidConfigError

# How the states that only trials have look.
_BADGES = {Trial.Status.COMPLETE: "succeeded", Trial.Status.PRUNED: "cancelled"}
_STUDIES = Study.objects.select_related("dataset", "created_by")


@staff_only
def study_list(request: HttpRequest) -> HttpResponse:
    """List all studies, the newest first."""
    spent = Count("trials", filter=Q(trials__status__in=Trial.SPENT))
    page = Paginator(_STUDIES.annotate(spent=spent).order_by("-created_at"), 25).get_page(
        request.GET.get("page")
    )
    rows = [{"study": study, "best": studies.best_trial(study)} for study in page]
    return render(request, "classifier/dashboard/studies.html", {"page": page, "rows": rows})


@staff_only
def study_new(request: HttpRequest) -> HttpResponse:
    """Show the form of a new study, and start it."""
    require_permission(request, "add_study")
    form = StudyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            study = studies.start_study(
                form.cleaned_data["dataset"],
                form.config,
                form.budget,
                form.cleaned_data["parameters"],
                request.user,
            )
            return redirect("dashboard:study", study.pk)
        except (StudyError, InvalidConfigError) as error:  # the dataset changed in between
            form.add_error(None, str(error))
    return render(request, "classifier/dashboard/study_new.html", {"form": form})


@staff_only
def study_estimate(request: HttpRequest) -> HttpResponse:
    """Return how long the study that a form describes takes."""
    form = StudyForm(request.GET)
    context: dict[str, Any] = {"valid": form.is_valid()}
    if context["valid"]:
        dataset = form.cleaned_data["dataset"]
        context["seconds"] = studies.estimate_seconds(dataset, form.config, form.budget)
    return render(request, "classifier/dashboard/study_estimate.html", context)


@staff_only
def study_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a study; the part that changes is fetched again while it lasts."""
    study = get_object_or_404(_STUDIES, pk=pk)
    return render(request, "classifier/dashboard/study.html", _state(study))


@staff_only
def study_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the parts of a study's page that change while it searches."""
    context = {**_state(get_object_or_404(_STUDIES, pk=pk)), "refreshed": True}
    return render(request, "classifier/dashboard/study_state.html", context)


def _state(study: Study) -> dict[str, Any]:
    trials = list(study.trials.all())
    spent = sum(trial.status in Trial.SPENT for trial in trials)
    begun = sum(trial.progress for trial in trials if trial.status == Trial.Status.RUNNING)
    best = studies.best_trial(study)
    return {
        "study": study,
        "trials": [
            {
                "trial": trial,
                "badge": _BADGES.get(trial.status, trial.status),
                "values": [trial.values.get(name) for name in study.space],
            }
            for trial in trials
        ],
        "names": [name.replace("_", " ") for name in study.space],
        "best": best,
        "best_values": _readable(best.values) if best else {},
        "config": _readable(study.config),
        "spent": spent,
        "percent": round(min((spent + begun) / study.trial_count, 1) * 100),
        "seconds_left": studies.seconds_left(study),
        "active": study.status == Study.Status.RUNNING,
        "waiting": any(t.status == Trial.Status.QUEUED for t in trials) and not begun,
        "resumable": study.status in Study.RESUMABLE,
        # Charts are drawn anew when this changes.
        "changes": sum(trial.value is not None for trial in trials),
        "refresh": study.status == Study.Status.RUNNING
        or any(trial.status in Trial.ACTIVE for trial in trials),
    }


def _readable(values: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", " "): value for name, value in values.items()}


@staff_only
def study_numbers(request: HttpRequest, pk: int, table: str, file_format: str) -> HttpResponse:
    """Return a study's trials, or how much each setting decides."""
    study = get_object_or_404(Study, pk=pk)
    if table == "trials":
        columns = ("number", "status", "value", "seconds", *study.space)
        rows = [
            (t.number, t.status, t.value, t.seconds, *(t.values.get(name) for name in study.space))
            for t in study.trials.all()
        ]
    elif table == "importances":
        columns, rows = ("setting", "importance"), list(study.importances.items())
    else:
        raise Http404("There are no such numbers.")
    return Table(f"study-{study.pk}-{table}", columns, rows).respond(file_format)


@require_POST
@staff_only
def study_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel a study: a running trial stops at its next step, finished ones stay."""
    require_permission(request, "change_study")
    study = get_object_or_404(Study, pk=pk)
    try:
        studies.cancel_study(study)
        messages.success(request, f"{study} is cancelled; a running trial stops at its next step.")
    except StudyError as error:
        messages.error(request, str(error))
    return redirect("dashboard:study", pk)


@require_POST
@staff_only
def study_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with a study that ended early."""
    require_permission(request, "change_study")
    study = get_object_or_404(Study, pk=pk)
    try:
        studies.resume_study(study)
        study.refresh_from_db()
        if study.status == Study.Status.FAILED:  # the queue could not be reached
            raise StudyError(study.error)
        messages.success(request, f"{study} goes on.")
    except StudyError as error:
        messages.error(request, str(error))
    return redirect("dashboard:study", pk)


@require_POST
@staff_only
def study_train(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a full run with the settings of a study's best trial."""
    require_permission(request, "add_trainingrun")
    study = get_object_or_404(_STUDIES, pk=pk)
    best = studies.best_trial(study)
    try:
        if best is None:
            raise StudyError(f"{study} has no complete trial yet.")
        if study.dataset is None:
            raise StudyError(f"The dataset of {study} was deleted.")
        run = start_run(study.dataset, studies.full_config(best), request.user)
    except (StudyError, RunError, InvalidConfigError) as error:
        messages.error(request, str(error))
        return redirect("dashboard:study", pk)
    return redirect("dashboard:run", run.pk)
