"""Carrying out work in this process: claimed, under a heartbeat, with its end stored."""

import logging
from typing import Any

from django.utils import timezone

from classifier.models import ClaimedWork
from classifier.training.errors import TrainingStoppedError
from classifier.work.errors import WorkStoppedError
from classifier.work.heartbeat import Heartbeat
from classifier.work.kinds import End, Kind, kind_named, kind_of

logger = logging.getLogger(__name__)


class Progress:
    """Tells a heartbeat how far a stage is, which takes a part of the whole work."""

    def __init__(
        self, heartbeat: Heartbeat, stage: str = "", start: float = 0.0, end: float = 1.0
    ) -> None:
        self.heartbeat = heartbeat
        self.stage = stage
        self.start, self.end = start, end
        self.began = timezone.now()

    def __call__(self, share: float) -> None:
        """Take in the share of the stage that is done.

        Raises:
            WorkStoppedError: when the work is to end.
        """
        if self.heartbeat.stop.is_set():
            raise WorkStoppedError
        self.heartbeat.stage = self.stage
        self.heartbeat.progress = self.start + share * (self.end - self.start)
        if share:
            passed = (timezone.now() - self.began).total_seconds()
            pace = share * (self.end - self.start) / max(passed, 1e-6)
            self.heartbeat.seconds_left = (1 - self.heartbeat.progress) / pace


def carry_out_queued(name: str, pk: int) -> None:
    """Carry out a queued row of a kind, and give workers what comes next."""
    kind = kind_named(name)
    ended = None
    try:
        ended = carry_out(kind.rows().filter(pk=pk).first())
    finally:
        kind.follow(pk, ended)


def carry_out(row: ClaimedWork | None, listener: Any = None) -> Any | None:
    """Claim a queued row, do its work, and store how it ended, whatever happens.

    The row's `error` says what went wrong. A fault that a person can mend ends there; an
    unforeseen exception is raised as well.

    Args:
        row: None, or one that another process has, is left alone.
        listener: see `Kind.carry_out`.

    Returns:
        The row as it ended; None if there was nothing to do, or it was deleted meanwhile.
    """
    claim = row.begin() if row else None
    if row is None or claim is None:
        logger.info("%s is not waiting: nothing to do.", row or "A deleted row")
        return None
    row.refresh_from_db()
    kind = kind_of(row)
    heartbeat = Heartbeat(row, claim)
    end = End(kind.lost_status, kind.stopped)
    try:
        with heartbeat:
            done = kind.carry_out(row, heartbeat, listener)
        end = done or End(row.Status.SUCCEEDED, values={"progress": 1.0})
    except KeyboardInterrupt:
        end = End(row.Status.CANCELLED)
        raise
    except (WorkStoppedError, TrainingStoppedError):
        end = End(row.Status.CANCELLED)
    except Exception as error:
        end = _failure(kind, row, error)
        if end.cause is None:
            raise
    finally:
        if row.end(claim, end.status, end.error, **end.values):
            kind.ended(row, end)
        kind.clean_up(row)
    return kind.rows().filter(pk=row.pk).first()


def _failure(kind: Kind, row: ClaimedWork, error: Exception) -> End:
    """Say how an exception ends work; one that nobody foresaw is no `cause`."""
    reason = kind.explain(row, error)
    if reason:
        return End(row.Status.FAILED, reason, error)
    return End(row.Status.FAILED, f"{type(error).__name__}: {error}")
