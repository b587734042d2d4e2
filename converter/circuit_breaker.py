"""Not asking a service that just failed, so that visitors do not wait for it one after another."""

import threading
import time


class CircuitBreaker:
    """Opens after some failures in a row and lets one request try again after a pause.

    Nygard, "Release It!", 2007.
    """

    def __init__(self, failures: int = 3, pause_seconds: float = 20.0) -> None:
        self._allowed_failures = failures
        self._pause_seconds = pause_seconds
        self._failures = 0
        self._retry_at = 0.0
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Tell whether a request may go out now."""
        with self._lock:
            if self._failures < self._allowed_failures:
                return True
            if time.monotonic() < self._retry_at:
                return False
            self._retry_at = time.monotonic() + self._pause_seconds
            return True

    def succeeded(self) -> None:
        """Note that the service answered."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Note that the service did not answer."""
        with self._lock:
            self._failures += 1
            self._retry_at = time.monotonic() + self._pause_seconds
