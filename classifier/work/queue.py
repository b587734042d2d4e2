"""Giving work to workers through the task queue."""

import logging

from celery import Task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as QueueError

from classifier.models import ClaimedWork

logger = logging.getLogger(__name__)


def enqueue(work: ClaimedWork, task: Task, again: str) -> None:
    """Give queued work to a worker once the transaction is over.

    Args:
        work: a row; where no queue answers it becomes *failed*, and its error says what to do.
        task: takes the row's key.
        again: how a person starts it again, such as "resume this run".
    """
    transaction.on_commit(lambda: _send(work, task, again))


def _send(work: ClaimedWork, task: Task, again: str) -> None:
    try:
        task.delay(work.pk)
    except QueueError as error:
        logger.warning("%s could not be queued: %s", work, error)
        type(work).objects.filter(pk=work.pk, status=work.Status.QUEUED).update(
            status=work.Status.FAILED,
            finished_at=timezone.now(),
            error=f"The task queue could not be reached. Start it (make run) and {again}.",
        )
