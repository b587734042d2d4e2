"""Pages of training runs."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from classifier.conf import conf
from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.matrix import matrix_rows
from classifier.dashboard.run_columns import COLUMNS as COLUMN_CHOICES
from classifier.dashboard.run_columns import chosen_columns, rows_of, with_best
from classifier.dashboard.tables import Table
from classifier.models import EpochMetric, ModelVersion, TrainingRun
from classifier.runs.analyses import analysis_of
from classifier.runs.lifecycle import RunError, cancel_run, describe_run, resume_run
from classifier.runs.rate_tests import rate_test_of
from classifier.work.workers import worker_problem

COLUMNS = (
    "epoch",
    "stage",
    "train_loss",
    "val_loss",
    "train_accuracy",
    "val_accuracy",
    "learning_rate",
    "backbone_learning_rate",
    "gradient_norm",
    "gradient_norm_max",
    "train_loss_max",
    "non_finite_steps",
    "images_per_second",
    "seconds",
    "memory_mb",
)
_RUNS = TrainingRun.objects.select_related("dataset", "created_by", "version")


@staff_only
def run_list(request: HttpRequest) -> HttpResponse:
    """List all runs, or those with a tag, the newest first, in the columns of one's choice."""
    tag = request.GET.get("tag", "").replace("\x00", "")
    runs = _RUNS.tagged(tag) if tag else _RUNS
    page = Paginator(with_best(runs), 25).get_page(request.GET.get("page"))
    columns = chosen_columns(request)
    context = {
        "page": page,
        "columns": columns,
        "rows": rows_of(page, columns),
        "choices": COLUMN_CHOICES.values(),
        "tag": tag,
    }
    return render(request, "classifier/dashboard/runs.html", context)


@staff_only
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one run; the part that changes is fetched again while it lasts."""
    run = get_object_or_404(_RUNS, pk=pk)
    start = ModelVersion.objects.filter(name=run.config.get("start_from") or None).first()
    return render(request, "classifier/dashboard/run.html", {**_state(run), "start": start})


@staff_only
def run_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the part of a run's page that changes while it trains."""
    run = get_object_or_404(_RUNS, pk=pk)
    return render(request, "classifier/dashboard/run_state.html", _state(run))


def _state(run: TrainingRun) -> dict[str, Any]:
    epochs = list(run.epochs.all())
    working = run.status in (run.Status.RUNNING, run.Status.CANCELLING)
    silent = (timezone.now() - run.heartbeat_at).total_seconds() if run.heartbeat_at else 0
    best = min(epochs, key=lambda epoch: epoch.val_loss, default=None)
    return {
        "run": run,
        "epochs": epochs,
        "best": best,
        "live": run.live if working else {},
        "analysis": analysis_of(run),
        "rate_test": rate_test_of(run),
        "matrix": matrix_rows(best.val_confusion) if best else [],
        "percent": round(run.progress * 100),
        "silent_seconds": round(silent) if working else 0,
        "silent": working and silent > conf.HEARTBEAT_TIMEOUT_SECONDS,
        "resumable": run.status in run.RESUMABLE,
        "config": {key.replace("_", " "): value for key, value in run.config.items()},
    }


@staff_only
def run_numbers(request: HttpRequest, pk: int, file_format: str) -> HttpResponse:
    """Return what a run's epochs measured."""
    run = get_object_or_404(TrainingRun, pk=pk)
    rows = EpochMetric.objects.filter(run=run).values_list(*COLUMNS)
    return Table(f"run-{run.pk}", COLUMNS, list(rows)).respond(file_format)


@require_POST
@staff_only
def run_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a run to stop."""
    require_permission(request, "change_trainingrun")
    run = get_object_or_404(TrainingRun, pk=pk)
    try:
        cancel_run(run)
        messages.success(request, f"{run} is {run.get_status_display()}.")
    except RunError as error:
        messages.error(request, str(error))
    return redirect("dashboard:run", pk)


@require_POST
@staff_only
def run_describe(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep somebody's tags and notes of a run."""
    require_permission(request, "change_trainingrun")
    run = get_object_or_404(TrainingRun, pk=pk)
    tags, notes = (request.POST.get(name, "").replace("\x00", "") for name in ("tags", "notes"))
    try:
        describe_run(run, tags, notes)
        messages.success(request, "Tags and notes are kept.")
    except RunError as error:
        messages.error(request, str(error))
    return redirect("dashboard:run", pk)


@require_POST
@staff_only
def run_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue a run that ended early again."""
    require_permission(request, "change_trainingrun")
    run = get_object_or_404(TrainingRun, pk=pk)
    try:
        resume_run(run)
        run.refresh_from_db()
        if run.status == run.Status.FAILED:  # the queue could not be reached
            raise RunError(run.error)
        messages.success(request, f"{run} is queued again.")
    except RunError as error:
        messages.error(request, str(error))
    return redirect("dashboard:run", pk)


@staff_only
def workers(request: HttpRequest) -> HttpResponse:
    """Return a banner if no worker would take on a run; it is fetched after the page is there."""
    kind = "admin" if "admin" in request.GET else "dashboard"
    context = {"problem": worker_problem()}
    return render(request, f"classifier/{kind}/worker_problem.html", context)
