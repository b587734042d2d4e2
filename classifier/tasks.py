"""Celery tasks: each calls one function. Nothing imports them; they are sent by name."""

import logging

from celery import Task, shared_task

from classifier.lib.threads import leave_room
from classifier.live import shadow, traffic, watching
from classifier.mirror.sending import mirror
from classifier.notices import delivering, telling
from classifier.retraining.lifecycle import RetrainingError, start_if_due
from classifier.work.execution import carry_out_queued
from classifier.work.kinds import TRAINING, kind_named
from classifier.work.leftovers import find_leftovers, size_of
from classifier.work.reaper import mark_lost_work as mark_lost

logger = logging.getLogger(__name__)


@shared_task(acks_late=False, bind=True)
def carry_out(self: Task, kind: str, pk: int) -> None:
    """Carry out queued work of any kind.

    The message is acknowledged before the work starts: a run outlives any visibility timeout, and
    is claimed, watched and resumed through its row instead.
    """
    if kind_named(kind).queue == TRAINING and not self.request.called_directly:
        leave_room()
    carry_out_queued(kind, pk)


@shared_task
def mark_lost_work() -> None:
    """Mark work whose worker has fallen silent."""
    mark_lost()


@shared_task
def report_leftovers() -> None:
    """Log how many files belong to nothing. `manage.py leftovers` lists and deletes them."""
    found = find_leftovers()
    if found:
        megabytes = sum(map(size_of, found)) / 1e6
        logger.warning(
            "%d files or folders (%.0f MB) belong to nothing: see manage.py leftovers.",
            len(found),
            megabytes,
        )


@shared_task
def score_shadow() -> None:
    """Let the shadow version answer the uploads that wait for it."""
    shadow.score_waiting()


@shared_task
def mirror_to_mlflow() -> None:
    """Tell the MLflow server what it has not heard, if there is one."""
    mirror()


@shared_task
def delete_old_traffic() -> None:
    """Delete live answers after CLASSIFIER_TRAFFIC_DAYS."""
    traffic.delete_old_traffic()


@shared_task
def send_notices() -> None:
    """Try the mails and webhooks that are due."""
    delivering.send_due()


@shared_task
def forget_old_notices() -> None:
    """Delete notices that are long past."""
    telling.forget_old()


@shared_task
def watch_drift() -> None:
    """Tell of drift in live traffic."""
    watching.tell_of_drift()


@shared_task
def retrain_if_due() -> None:
    """Start a retraining if the schedule says so."""
    try:
        start_if_due()
    except RetrainingError as error:
        logger.warning("The scheduled retraining could not start: %s", error)
