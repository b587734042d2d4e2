"""How gunicorn serves, wherever it is started from this folder; the command line goes first."""

import logging
import sys
from typing import Any

worker_class = "converter.protection.server.PatientWorker"
workers = 2
threads = 8
timeout = 120
graceful_timeout = 8
control_socket_disable = True

# How many requests wait is told by 503s and by the metrics.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)

# Others import these where they find them, for uses that a web process has not: 18 MB of each.
_LEFT_OUT = ("django.contrib.postgres", "httpx._main", "requests")


def post_fork(server: Any, worker: Any) -> None:
    """Leave out what the program never uses, before it is loaded."""
    for name in _LEFT_OUT:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # not to be found


def post_worker_init(worker: Any) -> None:
    """Store live answers behind the requests, in groups; let a tracer get ready for the first."""
    from classifier.live.recording import recorder
    from converter.tracers import tracers

    recorder.start()
    tracers().start()


def worker_exit(server: Any, worker: Any) -> None:
    """Store what still waits."""
    from classifier.live.recording import recorder

    recorder.stop()
