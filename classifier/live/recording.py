"""Storing live answers behind the requests: in groups, by one thread of a web process.

A web server's process calls `start` once it serves, and `stop` before it ends, which writes what
waits. Where nobody has called `start`, answers are stored at once.
"""

import logging
import threading

from django.db import DatabaseError, connection

from classifier.models import LivePrediction

logger = logging.getLogger(__name__)
GATHERING_SECONDS = 0.1  # between the first answer of a group and its storing
_MOST_WAITING = 5000  # answers; more are stored by whoever brings them


class Recorder:
    """Answers that wait, and the thread that stores them."""

    def __init__(self) -> None:
        self._waiting: list[LivePrediction] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()  # held while a group is stored
        self._arrived, self._ending = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Store answers behind the requests from now on."""
        if self._thread is None:
            self._ending.clear()
            self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Store what waits, and whatever comes later at once."""
        thread, self._thread = self._thread, None
        self._ending.set()
        self._arrived.set()
        if thread is not None:
            thread.join()
        self.flush()

    def add(self, rows: list[LivePrediction]) -> None:
        """Take answers: they are stored soon, or at once where no thread does it."""
        with self._lock:
            self._waiting += rows
            crowded = len(self._waiting) > _MOST_WAITING
        self._arrived.set()
        if self._thread is None or crowded:
            self.flush()

    def flush(self) -> None:
        """Return once all answers that were taken before are stored."""
        with self._writing:
            with self._lock:
                rows, self._waiting = self._waiting, []
            if rows:
                _store(rows)

    def _work(self) -> None:
        while not self._ending.is_set():
            self._arrived.wait()
            self._ending.wait(GATHERING_SECONDS)
            self._arrived.clear()
            self.flush()
        connection.close()  # of this thread


def _store(rows: list[LivePrediction]) -> None:
    """Store answers in one statement. One is worth more than its record: a refusal is logged."""
    try:
        LivePrediction.objects.bulk_create(rows)
    except DatabaseError:
        logger.exception("%d live answers could not be recorded.", len(rows))


recorder = Recorder()
