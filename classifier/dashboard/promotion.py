"""Pages that decide which version serves: its gate, promoting, going back, and the history."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.tables import Table
from classifier.inference.manifest import ModelError
from classifier.lib.keys import is_key
from classifier.models import ModelVersion, Promotion
from classifier.versions.gate import GateError, OverrideForbiddenError, gate_of, may_override
from classifier.versions.history import traffic_during, version_before
from classifier.versions.promotion import promote, roll_back
from classifier.versions.registry import VersionError

LONGEST_REASON = 2000


@staff_only
def version_gate(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what is red, and let who may promote it nevertheless write why."""
    return _gate_page(request, get_object_or_404(ModelVersion, pk=pk))


def _gate_page(request: HttpRequest, version: ModelVersion, status: int = 200) -> HttpResponse:
    gate = gate_of(version)
    context = {
        "version": version,
        "gate": gate,
        "red": [check for check in gate if check.passed is False],
        "production": ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION).first(),
        "may_override": may_override(request.user),
        "longest": LONGEST_REASON,
    }
    return render(request, "classifier/dashboard/version_gate.html", context, status=status)


@require_POST
@staff_only
def version_promote(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a version serve from now on; for what its gate refuses, show the gate's page."""
    require_permission(request, "change_modelversion")
    version = get_object_or_404(ModelVersion, pk=pk)
    try:
        promote(version, request.user, _reason(request))
        messages.success(request, f"{version} serves now.")
    except ModelError as error:
        messages.error(request, f"{version} cannot serve: {error}")
    except GateError as error:
        messages.error(request, f"{version} was not promoted. {error.wanted}")
        # No redirect, which the audit log would take for a promotion.
        forbidden = isinstance(error, OverrideForbiddenError)
        return _gate_page(request, version, 403 if forbidden else 409)
    return redirect("dashboard:version", pk)


@require_POST
@staff_only
def version_roll_back(request: HttpRequest) -> HttpResponse:
    """Let the version serve again that served before, if it is the one that the form names."""
    require_permission(request, "change_modelversion")
    chosen = request.POST.get("to", "")
    version = get_object_or_404(ModelVersion, pk=chosen if is_key(chosen) else 0)
    try:
        roll_back(version, request.user, _reason(request))
        messages.success(request, f"{version} serves again.")
    except ModelError as error:
        messages.error(request, f"{version} cannot serve: {error}")
    except VersionError as error:
        messages.error(request, str(error))
    return redirect("dashboard:history")


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\x00", "")[:LONGEST_REASON]


@staff_only
def history(request: HttpRequest) -> HttpResponse:
    """Tell which version served from when to when, who promoted it, why, and its traffic."""
    rows = Promotion.objects.select_related("version")
    page = Paginator(rows, 25).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [{"promotion": row, "traffic": traffic_during(row)} for row in page],
        "before": version_before(),
    }
    return render(request, "classifier/dashboard/history.html", context)


@staff_only
def history_numbers(request: HttpRequest, file_format: str) -> HttpResponse:
    """Return the history as a table, the newest first."""
    columns = (
        *("version", "kind", "by", "reason", "red", "since", "until"),
        *("answers", "judged", "right"),
    )
    rows = []
    for row in Promotion.objects.all():
        traffic = traffic_during(row)
        what = (row.version_name, row.kind, row.by, row.reason, " ".join(row.red))
        rows.append((*what, row.at, row.ended_at, traffic.answers, traffic.judged, traffic.right))
    return Table("promotions", columns, rows).respond(file_format)
