"""The dashboard's page of conversions: how many, as what, how good, what failed, what was wrong."""

import json
from collections import defaultdict
from datetime import timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from converter.models import Conversion, Failure

_MOST_ROWS = 50_000  # the newest; more would only take time


@require_safe
@login_required
def report(request: HttpRequest) -> HttpResponse:
    """Show the conversions that are kept, by day. For staff."""
    if not request.user.is_staff:
        raise PermissionDenied("The dashboard is for staff.")
    since = timezone.now() - timedelta(days=settings.CONVERSION_DAYS)
    found = Conversion.objects.filter(created_at__gte=since)
    corrected = found.exclude(true_type="")
    failures = Failure.objects.filter(created_at__gte=since)
    counts = found.aggregate(
        total=Count("pk"),
        poor=Count("pk", filter=Q(fidelity__lt=settings.CONVERTER_POOR_FIDELITY)),
        corrected=Count("pk", filter=~Q(true_type="")),
    )
    charts = [
        (title, kind, json.dumps(records, default=str), note)
        for title, kind, records, note in (
            ("Conversions by type", "conversion-types", _by_day(found, "logo_type"), ""),
            ("Conversions by preset", "conversion-presets", _by_day(found, "preset"), ""),
            ("Fidelity", "conversion-fidelity", _spread(found, "fidelity"),
             "Half of the drawings reach the upper line, 95% the lower one."),
            ("Time to trace", "conversion-times", _spread(found, "milliseconds"),
             "Half of the logos take at most the lower line, 95% the upper one."),
            ("What did not come about", "conversion-failures", _by_day(failures, "kind"),
             "Refused: no usable image. Failed: the tracer could not do it."),
            ("Corrected types", "conversion-corrections", _by_day(corrected, "true_type"),
             "By what people said that the logo is."),
        )
    ]  # fmt: skip
    context = {
        "days": settings.CONVERSION_DAYS,
        "counts": counts,
        "failures": failures.count(),
        "poor_below": settings.CONVERTER_POOR_FIDELITY,
        "charts": charts,
        "reasons": _reasons(failures),
    }
    return render(request, "converter/report.html", context)


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
