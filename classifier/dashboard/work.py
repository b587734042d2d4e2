"""Pages of work of any kind: what waits or is being done, what went wrong, and how to stop it."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh
from kombu.exceptions import OperationalError as QueueError

from classifier.conf import conf
from classifier.dashboard.access import require_permission, staff_only
from classifier.mirror.sending import mirror_soon, untold
from classifier.models import ClaimedWork, MirroredRow
from classifier.work.errors import UnknownKindError
from classifier.work.kinds import Kind, all_kinds, kind_named, kind_of

_SHOWN_FOR = timedelta(days=1)  # work that ended badly
_MOST = 20  # rows of a kind
_PAGES = {  # of what MLflow is told
    MirroredRow.Kind.RUN: "dashboard:run",
    MirroredRow.Kind.VERSION: "dashboard:version",
    MirroredRow.Kind.EVALUATION: "dashboard:predictions",
}


@dataclass(frozen=True)
class ShownWork:
    """A row of work with its kind, for templates."""

    kind: Kind
    row: ClaimedWork
    may_cancel: bool


def shown(request: HttpRequest, row: ClaimedWork) -> ShownWork:
    """Return a row for templates, and whether whoever asks may cancel it."""
    kind = kind_of(row)
    cancellable = row.status in (row.Status.QUEUED, row.Status.RUNNING)
    allowed = request.user.has_perm(f"classifier.{kind.permission}")
    return ShownWork(kind, row, cancellable and allowed)


@staff_only
def work_list(request: HttpRequest) -> HttpResponse:
    """Show all work that waits or is being done, what ended badly, and what MLflow was not told."""
    refused = [{"entry": entry, "row": row, "page": _PAGES[entry.kind]} for entry, row in untold()]
    context = {**_lists(request), "untold": refused}
    return render(request, "classifier/dashboard/work.html", context)


@staff_only
def work_tables(request: HttpRequest) -> HttpResponse:
    """Return the part of the page that asks for itself again."""
    return render(request, "classifier/dashboard/work_tables.html", _lists(request))


@staff_only
def work_state(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Show how far a row is; load the page around it anew once that is over."""
    row = get_object_or_404(_kind(kind).rows(), pk=pk)
    if not row.is_active:
        return HttpResponseClientRefresh()
    return render(request, "classifier/dashboard/work_state.html", {"work": shown(request, row)})


@require_POST
@staff_only
def mirror_again(request: HttpRequest) -> HttpResponse:
    """Let a worker tell MLflow at once what it was not told."""
    require_permission(request, "add_trainingrun")
    try:
        mirror_soon()
        messages.success(request, "A worker tells MLflow within seconds; load this page again.")
    except QueueError:
        messages.error(request, f"The task queue cannot be reached. Start it: {conf.START_WORKERS}")
    return redirect("dashboard:work")


@require_POST
@staff_only
def work_cancel(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Take a queued row back, or ask its worker to stop; go back to the page that asked."""
    known = _kind(kind)
    require_permission(request, known.permission)
    known.cancel(get_object_or_404(known.rows(), pk=pk))
    page = request.headers.get("Referer", "")
    here = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return redirect(page if here else "dashboard:work")


def _kind(name: str) -> Kind:
    try:
        return kind_named(name)
    except UnknownKindError as error:
        raise Http404(str(error)) from error


def _lists(request: HttpRequest) -> dict[str, list[ShownWork]]:
    active: list[ShownWork] = []
    failed: list[ShownWork] = []
    since = timezone.now() - _SHOWN_FOR
    for kind in all_kinds():
        rows = kind.rows().order_by("-pk")
        active += [shown(request, row) for row in rows.active()[:_MOST]]
        badly = rows.filter(status__in=("failed", "lost"), finished_at__gt=since)
        failed += [shown(request, row) for row in badly[:_MOST]]
    failed.sort(key=lambda work: work.row.finished_at, reverse=True)
    return {"active": active, "failed": failed}
