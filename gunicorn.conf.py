"""How gunicorn serves, wherever it is started from this folder; the command line goes first."""

import logging
from typing import Any

worker_class = "converter.protection.server.PatientWorker"
workers = 2
threads = 8
timeout = 120
graceful_timeout = 8
control_socket_disable = True

# How many requests wait is told by 503s and by the metrics.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def post_worker_init(worker: Any) -> None:
    """Store live answers behind the requests, in groups."""
    from classifier.live.recording import recorder

    recorder.start()


def worker_exit(server: Any, worker: Any) -> None:
    """Store what still waits."""
    from classifier.live.recording import recorder

    recorder.stop()
