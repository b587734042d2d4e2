"""Carrying out claimed work that tells how far it is: what evaluations and label checks share."""

import logging
from collections.abc import Callable

from django.utils import timezone

from classifier.models import ClaimedWork
from classifier.work.heartbeat import Heartbeat

logger = logging.getLogger(__name__)


class WorkStoppedError(Exception):
    """Somebody asked the work to stop."""


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


def carry_out(
    work: ClaimedWork | None,
    do: Callable[[Heartbeat], None],
    explain: Callable[[Exception], str],
    stopped: str,
) -> None:
    """Claim queued work, do it under a heartbeat, and store how it ended, whatever happens.

    Args:
        work: a row; None, or one that another process has, is left alone.
        do: the work itself; may raise WorkStoppedError.
        explain: says what an exception means to people; "" for an unforeseen one, which is raised,
            too.
        stopped: what the row says if this process is stopped.
    """
    claim = work.begin() if work else None
    if work is None or claim is None:
        logger.info("%s is not waiting: nothing to do.", work or "A deleted row")
        return
    status, reason = work.Status.FAILED, stopped
    heartbeat = Heartbeat(work, claim)
    try:
        with heartbeat:
            do(heartbeat)
        status, reason = work.Status.SUCCEEDED, ""
    except WorkStoppedError:
        status, reason = work.Status.CANCELLED, ""
    except Exception as error:
        explanation = explain(error)
        reason = explanation or f"{type(error).__name__}: {error}"
        if not explanation:
            raise
    finally:
        work.end(claim, status, reason)
