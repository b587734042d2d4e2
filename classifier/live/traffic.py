"""Live traffic: each answer is remembered, recorded, and judged by who asked for it."""

import hashlib
import time
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from classifier.conf import conf
from classifier.live import serving
from classifier.live.recording import recorder
from classifier.models import LivePrediction, Promotion
from classifier.versions.history import answers_during, counts_of
from classifier.work.metrics import CLASSIFICATION_SECONDS

_RECORDED = (
    "logo_type",
    "confidence",
    "certain",
    "familiar",
    "method",
    "model_version",
    "milliseconds",
)


def answer(content: bytes, method: str, budget_ms: float | None = None) -> dict[str, Any]:
    """Classify an image file, or return what the same file was answered before.

    Answers are remembered by content, method and version. One that was given under a time budget
    is not: the next caller may have more time.

    Returns:
        The fields of `classifier.inference.router.Answer`, and whether it was `cached`.

    Raises:
        See `classifier.live.serving.classify`.
    """
    started = time.perf_counter()
    engine, digest = serving.engine_for(method)
    key = f"classify:{digest}:{method}:{hashlib.sha256(content).hexdigest()}"
    known = cache.get(key)
    if known is not None:
        elapsed = round((time.perf_counter() - started) * 1000, 2)
        return known | {"milliseconds": elapsed, "cached": True}
    found = serving.classify_with(engine, content, method, budget_ms).to_json()
    seconds = CLASSIFICATION_SECONDS.labels(found["method"], found["model_version"])
    seconds.observe(found["milliseconds"] / 1000)
    if budget_ms is None and conf.CACHE_SECONDS:
        cache.set(key, found, conf.CACHE_SECONDS)
    return found | {"cached": False}


def record(answers: list[dict[str, Any]]) -> list[LivePrediction]:
    """Let answers be stored, in a web process behind the request; return their rows."""
    rows = [
        LivePrediction(cached=found["cached"], **{name: found[name] for name in _RECORDED})
        for found in answers
    ]
    recorder.add(rows)
    return rows


def delete_old_traffic() -> int:
    """Delete what is older than CLASSIFIER_TRAFFIC_DAYS; return how many answers that were.

    The history of promotions keeps their numbers.
    """
    limit = timezone.now() - timedelta(days=conf.TRAFFIC_DAYS)
    old = LivePrediction.objects.filter(created_at__lt=limit)
    with transaction.atomic():
        for promotion in Promotion.objects.filter(at__lt=limit):
            _keep_counts(promotion, answers_during(promotion).filter(created_at__lt=limit))
        _, counts = old.delete()
    return counts.get(LivePrediction._meta.label, 0)


def _keep_counts(promotion: Promotion, rows: QuerySet[LivePrediction]) -> None:
    """Add answers that are about to be deleted to what is known of a promotion."""
    counts = counts_of(rows)
    Promotion.objects.filter(pk=promotion.pk).update(
        answers=F("answers") + counts.answers,
        judged=F("judged") + counts.judged,
        right=F("right") + counts.right,
    )
