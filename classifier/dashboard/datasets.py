"""Pages of datasets, and their images."""

import mimetypes

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.tables import Table
from classifier.datasets.errors import DatasetError
from classifier.datasets.exporting import zip_in_parts
from classifier.datasets.info import SPLITS, summarize
from classifier.datasets.mending import mend_split, missing_classes, missing_sentences
from classifier.datasets.orders import cancel_build
from classifier.models import Dataset, DatasetBuild, Sample

_SHOWN = ("image/png", "image/jpeg", "image/webp")


@staff_only
def dataset_list(request: HttpRequest) -> HttpResponse:
    """List all datasets, the newest first."""
    counted = Count("samples", filter=~Q(samples__split=""))
    datasets = Dataset.objects.annotate(in_splits=counted).order_by("-created_at")
    page = Paginator(datasets, 25).get_page(request.GET.get("page"))
    return render(request, "classifier/dashboard/datasets.html", {"page": page})


@staff_only
def dataset_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a dataset holds, and what was left out."""
    dataset = get_object_or_404(Dataset, pk=pk)
    summary = summarize(dataset)
    dropped = sorted(summary["dropped"].items(), key=lambda entry: -entry[1])
    context = {
        "dataset": dataset,
        "build": _build(dataset),
        "summary": summary,
        "splits": SPLITS,
        "dropped": dropped,
        "missing": missing_sentences(missing_classes(dataset)),
    }
    return render(request, "classifier/dashboard/dataset.html", context)


@require_POST
@staff_only
def dataset_mend(request: HttpRequest, pk: int) -> HttpResponse:
    """Move brands so that no split lacks a class. Until then nothing could be trained on it."""
    require_permission(request, "add_trainingrun")
    dataset = get_object_or_404(Dataset.objects.ready(), pk=pk)
    try:
        if not missing_classes(dataset):
            raise DatasetError("Nothing is missing: every split has each class.")
        brands = mend_split(dataset)
        moved = f"{brands} brand{'s' * (brands != 1)} moved"
        messages.success(request, f"{moved}: every split has each class now.")
    except DatasetError as error:
        messages.error(request, str(error))
    return redirect("dashboard:dataset", pk)


@staff_only
def build_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a dataset's build is; load the page anew when it is over."""
    dataset = get_object_or_404(Dataset, pk=pk)
    build = _build(dataset)
    if build is None:
        return HttpResponseClientRefresh()
    context = {"dataset": dataset, "build": build}
    return render(request, "classifier/dashboard/dataset_build.html", context)


@require_POST
@staff_only
def build_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a dataset's build to stop."""
    require_permission(request, "add_dataset")
    dataset = get_object_or_404(Dataset, pk=pk)
    cancel_build(dataset)
    return redirect("dashboard:dataset", pk)


def _build(dataset: Dataset) -> DatasetBuild | None:
    """Return a dataset's build that waits or goes on, if there is one."""
    return DatasetBuild.objects.filter(dataset=dataset, status__in=DatasetBuild.ACTIVE).first()


@staff_only
def dataset_numbers(request: HttpRequest, pk: int, file_format: str) -> HttpResponse:
    """Return a dataset's counts by class and split."""
    dataset = get_object_or_404(Dataset, pk=pk)
    classes = summarize(dataset)["classes"]
    rows = [(name, split, counts[split]) for name, counts in classes.items() for split in SPLITS]
    return Table(f"{dataset.name}-counts", ("class", "split", "count"), rows).respond(file_format)


@staff_only
def dataset_export(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Return a dataset as a zip: images by class, labels.csv, and its Croissant description."""
    dataset = get_object_or_404(Dataset.objects.ready(), pk=pk)
    response = StreamingHttpResponse(zip_in_parts(dataset), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, f"{dataset.name}.zip")
    return response


@cache_control(private=True, max_age=86400)
@staff_only
def sample_image(request: HttpRequest, pk: int) -> FileResponse:
    """Serve the image file of a sample to staff."""
    sample = get_object_or_404(Sample.objects.select_related("dataset"), pk=pk)
    folder = sample.dataset.folder.resolve()
    path = sample.file.resolve()
    kind = mimetypes.guess_type(path.name)[0]
    if kind not in _SHOWN or not path.is_relative_to(folder) or not path.is_file():
        raise Http404("The image is gone.")
    response = FileResponse(path.open("rb"), content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    return response
