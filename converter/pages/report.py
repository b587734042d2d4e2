"""The dashboard's page of conversions: how many, as what, how good, what failed, what was wrong."""

import csv
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from converter.models import Conversion, Failure

_MOST_ROWS = 50_000  # the newest; more would only take time


def for_staff(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only staff see a page of the dashboard."""

    @wraps(view)
    @require_safe
    @login_required
    def guarded(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        if not request.user.is_staff:
            raise PermissionDenied("The dashboard is for staff.")
        return view(request, *args, **options)

    return guarded


@for_staff
def report(request: HttpRequest) -> HttpResponse:
    """Show the conversions that are kept, by day."""
    found, failures = _kept(Conversion), _kept(Failure)
    counts = found.aggregate(
        total=Count("pk"),
        poor=Count("pk", filter=Q(fidelity__lt=settings.CONVERTER_POOR_FIDELITY)),
        corrected=Count("pk", filter=~Q(true_type="")),
    )
    charts = [
        (chart.title, kind, json.dumps(chart.records(), default=str), chart.note)
        for kind, chart in _CHARTS.items()
    ]
    context = {
        "days": settings.CONVERSION_DAYS,
        "counts": counts,
        "failures": failures.count(),
        "poor_below": settings.CONVERTER_POOR_FIDELITY,
        "charts": charts,
        "reasons": _reasons(failures),
    }
    return render(request, "converter/report.html", context)


@for_staff
def numbers(request: HttpRequest, kind: str, file_format: str) -> HttpResponse:
    """Give the numbers of a chart as `csv` or `json`."""
    if kind not in _CHARTS or file_format not in ("csv", "json"):
        raise Http404("There are no such numbers.")
    records = _CHARTS[kind].records()
    if file_format == "json":
        return JsonResponse(records, safe=False)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    writer = csv.DictWriter(response, records[0].keys() if records else ["day"])
    writer.writeheader()
    writer.writerows(records)
    return response


def _kept(model: type[Conversion] | type[Failure]) -> QuerySet:
    since = timezone.now() - timedelta(days=settings.CONVERSION_DAYS)
    return model.objects.filter(created_at__gte=since)


def _by_day(rows: QuerySet, column: str) -> list[dict[str, Any]]:
    """Count rows by day and by what a column holds."""
    by_day = rows.annotate(day=TruncDate("created_at")).values("day", column)
    return [
        {"day": row["day"], "group": row[column] or "not asked", "count": row["count"]}
        for row in by_day.annotate(count=Count("pk")).order_by("day", column)
    ]


def _spread(found: QuerySet, column: str) -> list[dict[str, Any]]:
    """Return the median of each day, and what 95% of the values do not exceed, or reach."""
    by_day: dict[Any, list[float]] = defaultdict(list)
    for moment, value in found.values_list("created_at", column)[:_MOST_ROWS]:
        number = value.get("trace") if isinstance(value, dict) else value
        if number is not None:
            by_day[moment.date()].append(number)
    other = 5 if column == "fidelity" else 95
    return [
        {
            "day": day,
            "median": float(np.median(values)),
            "other": float(np.percentile(values, other)),
        }
        for day, values in sorted(by_day.items())
    ]


def _reasons(failures: QuerySet) -> list[dict[str, Any]]:
    """Return the commonest messages of what did not come about."""
    return list(
        failures.values("kind", "message")
        .annotate(count=Count("pk"))
        .order_by("-count", "message")[:10]
    )


@dataclass(frozen=True)
class _Chart:
    """What a chart shows: its title, where its numbers come from, and how to read it."""

    title: str
    records: Callable[[], list[dict[str, Any]]]
    note: str = ""


_CHARTS = {
    "conversion-types": _Chart(
        "Conversions by type", lambda: _by_day(_kept(Conversion), "logo_type")
    ),
    "conversion-presets": _Chart(
        "Conversions by preset", lambda: _by_day(_kept(Conversion), "preset")
    ),
    "conversion-fidelity": _Chart(
        "Fidelity",
        lambda: _spread(_kept(Conversion), "fidelity"),
        "Half of the drawings reach the upper line, 95% the lower one.",
    ),
    "conversion-times": _Chart(
        "Time to trace",
        lambda: _spread(_kept(Conversion), "milliseconds"),
        "Half of the logos take at most the lower line, 95% the upper one.",
    ),
    "conversion-failures": _Chart(
        "Refused and failed images",
        lambda: _by_day(_kept(Failure), "kind"),
        "Refused: no usable image. Failed: the tracer could not draw it.",
    ),
    "conversion-corrections": _Chart(
        "Corrected types",
        lambda: _by_day(_kept(Conversion).exclude(true_type=""), "true_type"),
        "By what people said that the logo is.",
    ),
}
