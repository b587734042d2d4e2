"""Whether this process lives, and whether the project can do its work."""

import logging
from collections.abc import Callable

import httpx
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from converter.celery import app
from converter.routing import in_process_client

logger = logging.getLogger(__name__)
_SECONDS = 3.0


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer that the process lives. It asks nobody else: a fault elsewhere restarts nothing."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer what works and what does not: 503 if something that requests need does not.

    The task queue is not among it: classifying and converting go on without one.
    """
    checks = {"database": _database, "media": _media, "classifier": _classifier, "queue": _queue}
    problems = {name: _problem_of(name, check) for name, check in checks.items()}
    unready = any(problem for name, problem in problems.items() if name != "queue")
    status = "unavailable" if unready else "degraded" if problems["queue"] else "ok"
    answer = {name: problem or "ok" for name, problem in problems.items()}
    return JsonResponse({"status": status, "checks": answer}, status=503 if unready else 200)


def _problem_of(name: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except (DatabaseError, OSError, OperationalError, httpx.HTTPError) as error:
        logger.warning("%s: %s", name, error)
        return f"cannot be reached ({type(error).__name__})"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _media() -> str:
    name = default_storage.save("readyz/probe", ContentFile(b"ok"))
    default_storage.delete(name)
    return ""


def _queue() -> str:
    with app.connection_for_write(connect_timeout=_SECONDS) as queue:
        queue.ensure_connection(max_retries=1, timeout=_SECONDS)
    return ""


def _classifier() -> str:
    url = settings.CLASSIFIER_URL
    with httpx.Client(base_url=url, timeout=_SECONDS) if url else in_process_client() as client:
        answer = client.get("/api/v1/health/")
    if answer.status_code == httpx.codes.OK:
        return ""
    try:
        return str(answer.json()["problem"])
    except (ValueError, KeyError, TypeError):
        return f"answered with status {answer.status_code}"
