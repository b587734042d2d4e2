"""Whether a worker is there to take on long work."""

import logging

from celery import current_app
from django.core.cache import cache
from kombu.exceptions import OperationalError

from classifier.conf import conf
from classifier.work.queue import TASK

logger = logging.getLogger(__name__)
_CACHE_KEY = "classifier-worker-problem"
_CACHE_SECONDS = 10
_ANSWER_SECONDS = 1.0
_KIND = "training_run"  # whoever takes on these takes on the rest


def worker_problem() -> str:
    """Say why nobody would take on a training run now; an empty string if somebody would.

    The answer is up to ten seconds old. Asking afresh takes up to a second.
    """
    problem = cache.get(_CACHE_KEY)
    if problem is None:
        problem = _ask()
        cache.set(_CACHE_KEY, problem, _CACHE_SECONDS)
    return problem


def _ask() -> str:
    queue = current_app.amqp.router.route({}, TASK, args=(_KIND, 0))["queue"].name
    try:
        with current_app.connection_for_write(connect_timeout=_ANSWER_SECONDS) as connection:
            connection.ensure_connection(max_retries=1, timeout=_ANSWER_SECONDS)
            inspection = current_app.control.inspect(timeout=_ANSWER_SECONDS, connection=connection)
            queues_by_worker = inspection.active_queues() or {}
    except (OperationalError, OSError) as error:
        logger.warning("The task queue cannot be reached: %s", error)
        start = conf.START_WORKERS
        return f"The task queue cannot be reached, so no run can start. Start it: {start}."
    served = {entry["name"] for queues in queues_by_worker.values() for entry in queues}
    if queue in served:
        return ""
    if served:
        return f"No worker serves the queue “{queue}”: runs wait until one does."
    return f"No worker answers: runs wait until one does. Start one: {conf.START_WORKERS}."
