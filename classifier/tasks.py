"""Celery tasks: each loads a row, calls one function and stores the result."""

from celery import shared_task

from classifier import runs


@shared_task
def train(run_id: int) -> None:
    """Carry out a queued training run.

    The message is acknowledged before the work starts: a run outlives any visibility timeout, and
    is claimed, watched and resumed through its row instead.
    """
    from classifier.execution import execute_run

    execute_run(run_id)


@shared_task
def mark_lost_runs() -> None:
    """Mark runs whose worker has fallen silent."""
    runs.mark_lost_runs()
