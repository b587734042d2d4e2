"""The Celery application. Its settings are those of Django that start with CELERY_."""

import os
import signal

from celery import Celery
from celery.signals import task_postrun, task_prerun, worker_init, worker_process_init

from converter.local.processes import end_with_parent
from converter.monitoring.request_log import begin_task, end_task
from converter.monitoring.spans import start_if_wanted

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "converter.settings")

app = Celery("converter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
task_prerun.connect(begin_task)
task_postrun.connect(end_task)
worker_init.connect(start_if_wanted)  # its pool processes go on with it


@worker_process_init.connect
def end_with_worker(**kwargs: object) -> None:
    """Let no pool process outlive its worker: the task is somebody else's by then."""
    end_with_parent(signal.SIGKILL)()
