"""Pages of evaluations: starting and watching them, and their single answers."""

from itertools import groupby

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.labels import KEYS
from classifier.datasets.corrections import correct
from classifier.datasets.info import SPLITS
from classifier.lib.keys import is_key
from classifier.logo_types import CLASS_NAMES
from classifier.models import (
    Dataset,
    Evaluation,
    EvaluationJob,
    LabelCorrection,
    ModelVersion,
    Prediction,
)
from classifier.versions.evaluation_jobs import cancel_evaluation, start_evaluation
from classifier.versions.evaluations import EvaluationError


@require_POST
@staff_only
def version_evaluate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a worker evaluate a version on a split of a dataset."""
    require_permission(request, "add_evaluation")
    version = get_object_or_404(ModelVersion, pk=pk)
    chosen, split = request.POST.get("dataset", ""), request.POST.get("split", "")
    ready = Dataset.objects.ready()
    dataset = ready.filter(pk=chosen).first() if is_key(chosen) else None
    if dataset is None or split not in SPLITS:
        messages.error(request, "Choose a finished dataset and one of its splits.")
        return redirect("dashboard:version", pk)
    try:
        start_evaluation(version, dataset, split)
        messages.success(request, "A worker evaluates it; the figures appear here when it is done.")
    except EvaluationError as error:
        messages.error(request, str(error))
    return redirect("dashboard:version", pk)


def shown_jobs(version: ModelVersion) -> list[EvaluationJob]:
    """Return the evaluations that wait or work, and the newest one if it did not succeed."""
    jobs = version.evaluation_jobs.select_related("dataset")
    newest = jobs.first()
    ended_badly = newest and not newest.is_active and newest.status != newest.Status.SUCCEEDED
    return [*jobs.filter(status__in=EvaluationJob.ACTIVE), *([newest] if ended_badly else [])]


@staff_only
def version_jobs(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a version's evaluations that wait or work; load the page anew when none is left."""
    version = get_object_or_404(ModelVersion, pk=pk)
    jobs = shown_jobs(version)
    if not any(job.is_active for job in jobs):
        return HttpResponseClientRefresh()
    context = {"version": version, "jobs": jobs, "polling": True}
    return render(request, "classifier/dashboard/evaluation_jobs.html", context)


@require_POST
@staff_only
def evaluation_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask an evaluation to stop."""
    require_permission(request, "add_evaluation")
    job = get_object_or_404(EvaluationJob, pk=pk)
    cancel_evaluation(job)
    return redirect("dashboard:version", job.version_id)


@staff_only
def predictions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the images of one cell of an evaluation's confusion matrix, or every wrong answer."""
    evaluation = get_object_or_404(Evaluation.objects.select_related("version", "dataset"), pk=pk)
    truth, answer = request.GET.get("truth", ""), request.GET.get("answer", "")
    rows = evaluation.predictions.select_related("sample")
    if truth in CLASS_NAMES:
        rows = rows.filter(sample__label=truth)
    if answer in CLASS_NAMES:
        rows = rows.filter(answer=answer)
    if truth not in CLASS_NAMES and answer not in CLASS_NAMES:
        rows = rows.exclude(answer=F("sample__label"))
    page = Paginator(rows.order_by("sample__label", "answer", "-confidence"), 60).get_page(
        request.GET.get("page")
    )
    drawn = {path.stem for path in evaluation.folder.glob("*.webp")}
    corrections = {
        correction.sha256: correction
        for correction in LabelCorrection.objects.filter(
            sha256__in=[row.sample.sha256 for row in page]
        )
    }
    pairs = [
        {
            "truth": pair[0],
            "answer": pair[1],
            "rows": [
                (row, str(row.sample_id) in drawn, corrections.get(row.sample.sha256))
                for row in group
            ],
        }
        for pair, group in groupby(page, key=lambda row: (row.sample.label, row.answer))
    ]
    context = {
        "evaluation": evaluation,
        "truth": truth,
        "answer": answer,
        "page": page,
        "pairs": pairs,
        "drawn": bool(drawn),
        "keys": KEYS,
    }
    return render(request, "classifier/dashboard/predictions.html", context)


@require_POST
@staff_only
def relabel(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct the label of the logo that an answer is about; return its tile."""
    require_permission(request, "add_labelcorrection")
    rows = Prediction.objects.select_related("sample__dataset", "evaluation")
    prediction = get_object_or_404(rows, pk=pk)
    label = request.POST.get("label", "")
    if label not in KEYS.values():
        return HttpResponseBadRequest(f"Labels are {', '.join(KEYS.values())}.")
    context = {
        "prediction": prediction,
        "has_saliency": prediction.saliency_file.is_file(),
        "correction": correct(prediction.sample, label, request.user.get_username()),
        "keys": KEYS,
    }
    return render(request, "classifier/dashboard/prediction_tile.html", context)


@staff_only
@cache_control(private=True, max_age=86400)
def saliency_image(request: HttpRequest, pk: int) -> FileResponse:
    """Return the picture of what decided a wrong answer."""
    prediction = get_object_or_404(Prediction.objects.select_related("evaluation"), pk=pk)
    if not prediction.saliency_file.is_file():
        raise Http404("There is no such picture: evaluate the version again.")
    return FileResponse(prediction.saliency_file.open("rb"), content_type="image/webp")
