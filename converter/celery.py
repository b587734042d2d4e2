"""The Celery application. Its settings are those of Django that start with CELERY_."""

import os
import signal

from celery import Celery
from celery.signals import worker_process_init

from converter.processes import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "converter.settings")

app = Celery("converter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def end_with_worker(**kwargs: object) -> None:
    """Let no pool process outlive its worker: the task is somebody else's by then."""
    end_with_parent(signal.SIGKILL)()
