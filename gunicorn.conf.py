"""How gunicorn serves, wherever it is started from this folder; the command line goes first."""

import logging

worker_class = "converter.protection.server.PatientWorker"
workers = 2
threads = 8
timeout = 120
graceful_timeout = 8
control_socket_disable = True

# How many requests wait is told by 503s and by the metrics.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)
