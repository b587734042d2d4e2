"""The sign of life of claimed work: a thread that writes progress and hears of cancellation."""

import logging
import threading
from collections.abc import Callable
from typing import Any, Self
from uuid import UUID

from django.db import DatabaseError, connection
from django.utils import timezone

from classifier.models import ClaimedWork

logger = logging.getLogger(__name__)
INTERVAL_SECONDS = 2.0


class Heartbeat:
    """Writes the heartbeat and progress of claimed work while it is open.

    `more` gives further columns to write with each beat. `stop` is set when the work is to end:
    somebody cancelled it, or another process has it now.
    """

    def __init__(
        self,
        row: ClaimedWork,
        claim: UUID,
        interval: float = INTERVAL_SECONDS,
        more: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self.row = row
        self.claim = claim
        self.interval = interval
        self.more = more
        self.stage = ""
        self.progress = 0.0
        self.seconds_left: float | None = None
        self.stop = threading.Event()
        self.claim_lost = False
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._closed.set()
        self._thread.join()

    def beat(self) -> None:
        """Write the sign of life now, and look whether the work is to end."""
        mine = type(self.row).objects.filter(pk=self.row.pk, claim=self.claim)
        written = mine.update(
            heartbeat_at=timezone.now(),
            stage=self.stage,
            progress=self.progress,
            seconds_left=self.seconds_left,
            **self.more(),
        )
        self.claim_lost = not written
        cancelling = mine.filter(status=self.row.Status.CANCELLING).exists()
        if self.claim_lost or cancelling:
            self.stop.set()

    def _tick(self) -> None:
        try:
            while not self._closed.wait(self.interval):
                try:
                    self.beat()
                except DatabaseError as error:  # a busy or restarting database: try again
                    logger.warning("The heartbeat of %s was not written: %s", self.row, error)
        finally:
            connection.close()
