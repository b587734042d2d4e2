"""Request ids, and log lines that carry them."""

import contextvars
import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from celery import Task

logger = logging.getLogger(__name__)
_request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
_SOUND_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")
_EXTRA = ("method", "path", "status", "milliseconds")


class RequestLogMiddleware:
    """Gives each request an id, or keeps the proxy's, and writes one line when it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; the answer names its id in `X-Request-ID`."""
        given = request.headers.get("X-Request-ID", "")
        outer = _request_id.get()  # a request made in-process has the id of the one it serves
        token = _request_id.set(
            outer or (given if _SOUND_ID.fullmatch(given) else uuid.uuid4().hex)
        )
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = _request_id.get()
            if not request.path.startswith(_QUIET):
                _write(request, response.status_code, time.perf_counter() - started)
            return response
        finally:
            _request_id.reset(token)


def begin_task(task_id: str, task: "Task", args: tuple = (), **signal: object) -> None:
    """Give the log lines of a task its name and its arguments in place of a request's id."""
    _request_id.set("-".join([task.name.rpartition(".")[2], *map(str, args)])[:64])


def end_task(**signal: object) -> None:
    """Clear the task's id, so that later log lines do not carry it."""
    _request_id.set("")


def current_request_id() -> str:
    """Return the id of the request that is being answered; empty outside of one."""
    return _request_id.get()


def _write(request: HttpRequest, status: int, seconds: float) -> None:
    milliseconds = round(seconds * 1000)
    logger.info(
        "%s %s %s in %d ms",
        request.method,
        request.path,
        status,
        milliseconds,
        extra={
            "method": request.method,
            "path": request.path,
            "status": status,
            "milliseconds": milliseconds,
        },
    )


class RequestIdFilter(logging.Filter):
    """Adds `request_id` to each record: the request's or the task's, or a dash outside of both."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _request_id.get() or "-"
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object per line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        entry = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "-"),
        }
        entry |= {name: getattr(record, name) for name in _EXTRA if hasattr(record, name)}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)
