"""A shop that has the logo classifier as a plug-in."""

from celery import Celery

import classifier

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_routes = (classifier.route_task,)
app.conf.beat_schedule |= classifier.schedule()
