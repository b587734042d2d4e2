"""Live traffic of the last days: figures for the overview, and the numbers behind its charts."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from classifier.dashboard.access import staff_only
from classifier.dashboard.tables import Table
from classifier.live.drift import Drift, drift_of
from classifier.models import Dataset, LivePrediction, ModelVersion, Sample

PERIODS = (1, 7, 30)  # days
_MOST_ROWS = 50_000  # the newest; more would only take time


def traffic_context(request: HttpRequest, production: ModelVersion | None) -> dict[str, Any]:
    """Return what the overview shows of live traffic."""
    days = _days(request)
    rows = _rows(days)
    counts = rows.aggregate(
        answers=Count("pk"),
        unfamiliar=Count("pk", filter=Q(familiar=False)),
        cached=Count("pk", filter=Q(cached=True)),
        uncertain=Count("pk", filter=Q(certain=False)),
        judged=Count("pk", filter=Q(right__isnull=False)),
        right=Count("pk", filter=Q(right=True)),
    )
    drift = drift_of(production, _since(days)) if production else None
    return {
        "days": days,
        "query": f"?days={days}",
        "periods": PERIODS,
        "traffic": counts,
        "shares": _shares(counts),
        "latency": _percentiles(_latencies(days)),
        "drift": drift,
        "validation_dataset": _validation_dataset(production, drift),
    }


@staff_only
def traffic_numbers(request: HttpRequest, table: str, file_format: str) -> HttpResponse:
    """Return the numbers behind one of the charts of live traffic."""
    if table not in _TABLES:
        raise Http404("There are no such numbers.")
    return _TABLES[table](_days(request)).respond(file_format)


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in map(str, PERIODS) else 7


def _since(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def _rows(days: int) -> QuerySet[LivePrediction]:
    return LivePrediction.objects.filter(created_at__gte=_since(days))


def _shares(counts: dict[str, int]) -> list[tuple[str, float | None]]:
    def share(part: str, whole: str) -> float | None:
        return counts[part] / counts[whole] if counts[whole] else None

    return [
        ("Not certain", share("uncertain", "answers")),
        ("Unlike a logo", share("unfamiliar", "answers")),
        ("From memory", share("cached", "answers")),
        ("Right, of those judged", share("right", "judged")),
    ]


def _latencies(days: int) -> dict[Any, list[float]]:
    """Return the milliseconds of the newest answers that were computed, by day."""
    computed = _rows(days).filter(cached=False)
    by_day: dict[Any, list[float]] = defaultdict(list)
    for moment, milliseconds in computed.values_list("created_at", "milliseconds")[:_MOST_ROWS]:
        by_day[moment.date()].append(milliseconds)
    return dict(sorted(by_day.items()))


def _percentiles(by_day: dict[Any, list[float]]) -> tuple[float, float] | None:
    values = [value for day in by_day.values() for value in day]
    return tuple(np.percentile(values, (50, 95))) if values else None


def _validation_dataset(version: ModelVersion | None, drift: Drift | None) -> Dataset | None:
    """Return what the version can be validated on, if nothing is known of its validation."""
    if version is None or drift is None or drift.known:
        return None
    ready = Dataset.objects.ready().filter(samples__split=Sample.Split.VAL)
    own = ready.filter(fingerprint=version.dataset_fingerprint).first()
    return own or ready.first()


def _counts_by_day(days: int, column: str) -> list[tuple[Any, ...]]:
    grouped = _rows(days).annotate(day=TruncDate("created_at")).values_list("day", column)
    return list(grouped.annotate(count=Count("pk")).order_by("day", column))


def _types(days: int) -> Table:
    return Table("live-types", ("day", "type", "count"), _counts_by_day(days, "logo_type"))


def _methods(days: int) -> Table:
    return Table("live-methods", ("day", "method", "count"), _counts_by_day(days, "method"))


def _latency(days: int) -> Table:
    rows = [
        (day, *np.percentile(values, (50, 95)).round(2).tolist(), len(values))
        for day, values in _latencies(days).items()
    ]
    return Table("live-latency", ("day", "p50", "p95", "count"), rows)


def _shift(days: int, what: str, name: str) -> Table:
    production = ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION).first()
    drift = drift_of(production, _since(days)) if production else None
    shifts = {shift.name: shift for shift in drift.shifts} if drift else {}
    rows = shifts[what].shares if what in shifts else []
    return Table(name, ("bin", "validation", "live"), rows)


_TABLES = {
    "types": _types,
    "methods": _methods,
    "latency": _latency,
    "type-shares": lambda days: _shift(days, "types", "live-type-shares"),
    "confidences": lambda days: _shift(days, "confidences", "live-confidences"),
}
