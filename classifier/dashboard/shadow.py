"""The shadow version's answers beside those that were given."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Avg, Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.tables import Table
from classifier.inference.manifest import ModelError
from classifier.lib.keys import is_key
from classifier.live.shadow import shadows
from classifier.logo_types import CLASS_NAMES
from classifier.models import ModelVersion, ShadowPrediction
from classifier.versions.promotion import end_shadow, set_shadow
from classifier.versions.registry import VersionError

_AGREES = Q(logo_type=F("prediction__logo_type"))


@staff_only
def shadow_page(request: HttpRequest) -> HttpResponse:
    """Show where the shadow version agrees with what was answered, and where not."""
    chosen = request.GET.get("version", "")
    known = ModelVersion.objects.filter(Q(stage="shadow") | Q(shadow_predictions__isnull=False))
    known = known.distinct()
    shadow = shadows().first()
    version = known.filter(pk=chosen).first() if is_key(chosen) else shadow or known.first()
    context: dict[str, Any] = {
        "shadow": shadow,
        "version": version,
        "known": known,
        "candidates": ModelVersion.objects.filter(stage=ModelVersion.Stage.CANDIDATE),
    }
    if version:
        context |= _figures(_rows(version), request)
    return render(request, "classifier/dashboard/shadow.html", context)


def _rows(version: ModelVersion) -> QuerySet[ShadowPrediction]:
    return version.shadow_predictions.select_related("prediction")


def _figures(rows: QuerySet[ShadowPrediction], request: HttpRequest) -> dict[str, Any]:
    totals = rows.aggregate(
        count=Count("pk"),
        agreed=Count("pk", filter=_AGREES),
        confidence=Avg("confidence"),
        live_confidence=Avg("prediction__confidence"),
        judged=Count("pk", filter=Q(prediction__right__isnull=False)),
        live_right=Count("pk", filter=Q(prediction__right=True)),
        shadow_right=Count("pk", filter=_is_right()),
    )
    differing = rows.exclude(_AGREES).order_by("-prediction__created_at")
    return {
        "totals": totals,
        "agreement": totals["agreed"] / totals["count"] if totals["count"] else None,
        "matrix": _matrix(rows),
        "page": Paginator(differing, 50).get_page(request.GET.get("page")),
    }


def _is_right() -> Q:
    """Whether the shadow's answer is what the caller said is true."""
    return (Q(prediction__right=True) & _AGREES) | (
        Q(prediction__right=False) & Q(logo_type=F("prediction__true_type"))
    )


def _counts(rows: QuerySet[ShadowPrediction]) -> dict[tuple[str, str], int]:
    grouped = rows.order_by().values_list("prediction__logo_type", "logo_type")
    return {(live, other): count for live, other, count in grouped.annotate(count=Count("pk"))}


def _matrix(rows: QuerySet[ShadowPrediction]) -> list[dict[str, Any]]:
    """Return a row for each type that was answered, with the shadow's answers to the same."""
    counts = _counts(rows)
    matrix = []
    for live in CLASS_NAMES:
        total = sum(counts.get((live, other), 0) for other in CLASS_NAMES)
        cells = [
            {
                "count": counts.get((live, other), 0),
                "share": counts.get((live, other), 0) / total if total else 0,
                "agrees": live == other,
            }
            for other in CLASS_NAMES
        ]
        matrix.append({"live": live, "cells": cells, "total": total})
    return matrix


@staff_only
def shadow_numbers(request: HttpRequest, pk: int, file_format: str) -> HttpResponse:
    """Return how often each pair of answers came."""
    version = get_object_or_404(ModelVersion, pk=pk)
    rows = [(*pair, count) for pair, count in sorted(_counts(_rows(version)).items())]
    return Table(f"{version}-shadow", ("answered", "shadow", "count"), rows).respond(file_format)


@require_POST
@staff_only
def shadow_start(request: HttpRequest) -> HttpResponse:
    """Let a candidate answer live uploads beside production from now on."""
    require_permission(request, "change_modelversion")
    chosen = request.POST.get("version", "")
    version = get_object_or_404(ModelVersion, pk=chosen if is_key(chosen) else 0)
    try:
        set_shadow(version)
        messages.success(request, f"{version} runs as shadow: its answers gather here.")
    except (ModelError, VersionError) as error:
        messages.error(request, str(error))
    return redirect("dashboard:shadow")


@require_POST
@staff_only
def shadow_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the shadow a candidate again."""
    require_permission(request, "change_modelversion")
    version = get_object_or_404(ModelVersion, pk=pk)
    try:
        end_shadow(version)
        messages.success(request, f"{version} is a candidate again; its answers are kept.")
    except VersionError as error:
        messages.error(request, str(error))
    return redirect("dashboard:shadow")
