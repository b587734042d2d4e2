"""Giving work to workers through the task queue, by the names of task and kind."""

import logging
from collections.abc import Sequence
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError as QueueError

from classifier.conf import conf
from classifier.models import ClaimedWork
from classifier.work.errors import UnknownKindError
from classifier.work.kinds import kind_named, kind_of

logger = logging.getLogger(__name__)
TASK = "classifier.tasks.carry_out"


def enqueue(row: ClaimedWork) -> None:
    """Give queued work to a worker once the transaction is over.

    Where no queue answers the work ends as *failed*, and its error says what to do.
    """
    transaction.on_commit(lambda: _send(row))


def send(kind: str, pk: int) -> None:
    """Send the message that has a worker carry out a row.

    Raises:
        kombu.exceptions.OperationalError: if the queue cannot be reached.
    """
    current_app.send_task(TASK, args=(kind, pk))


def route_task(
    name: str, args: Sequence[Any] | None = None, *rest: Any, **more: Any
) -> dict[str, str] | None:
    """Return the queue of the plug-in's work; None for other tasks. A router for Celery."""
    if name != TASK or not args:
        return None
    try:
        return {"queue": kind_named(args[0]).queue}
    except UnknownKindError:
        return None


def _send(row: ClaimedWork) -> None:
    kind = kind_of(row)
    try:
        send(kind.name, row.pk)
    except QueueError as error:
        logger.warning("%s could not be queued: %s", row, error)
        kind.refuse(
            row,
            f"The task queue could not be reached. "
            f"Start it ({conf.START_WORKERS}) and {kind.again}.",
        )
