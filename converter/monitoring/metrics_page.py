"""`/metrics`, as Prometheus reads it: what all processes measured, and states counted now."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpResponse
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError as QueueError
from kombu.transport.virtual import Channel
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily
from rest_framework.request import Request
from rest_framework.views import APIView

from converter.celery import app
from converter.models import BatchItem

logger = logging.getLogger(__name__)
QUEUES = ("short", "conversion", "training")
_CONNECT_SECONDS = 1.0


class QueueStates:
    """How many tasks and uploads wait. Without a reachable queue the metric is absent."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        lengths = GaugeMetricFamily("queue_length", "Tasks that wait, by queue.", labels=["queue"])
        with _queue_channel() as channel:
            for name in QUEUES if channel else ():
                lengths.add_metric([name], channel.queue_declare(name).message_count)
        yield lengths
        waiting = BatchItem.objects.filter(status=BatchItem.Status.WAITING).count()
        yield GaugeMetricFamily("batch_items_waiting", "Uploads of batches that wait.", waiting)


@contextmanager
def _queue_channel() -> Iterator[Channel | None]:
    """Open a channel to the task queue; None while it is away."""
    try:
        with app.connection_for_read(connect_timeout=_CONNECT_SECONDS) as connection:
            connection.ensure_connection(max_retries=1, timeout=_CONNECT_SECONDS)
            yield connection.default_channel
    except (QueueError, OSError) as error:
        logger.warning("The queues cannot be counted: %s", error)
        yield None


class MetricsView(APIView):
    """Prometheus metrics. For staff: a session, or a token with the scope `read`."""

    schema = None

    def get(self, request: Request) -> HttpResponse:
        """Sum up what all processes measured, and count states now."""
        registry = REGISTRY
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)
        page = generate_latest(registry)
        for path in settings.METRIC_COLLECTORS:
            page += _collected(path)
        return HttpResponse(page, content_type=CONTENT_TYPE_LATEST)


def _collected(path: str) -> bytes:
    """Return a collector's metrics as text; nothing while the database is away."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(import_string(path)())
    try:
        return generate_latest(registry)
    except DatabaseError as error:
        logger.warning("%s cannot count: %s", path, error)
        return b""
