"""A classifier of logos: trains, evaluates, versions and serves its own models, in any project.

A host's Celery takes `route_task` as a router and adds `schedule()` to its own; see README.
"""

import os
from typing import Any

# ONNX Runtime would store a device id and report each loaded model to its maker. It reads this when
# it is imported; here nothing of the package, and no process of it, comes before.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "1.1.0"


def schedule() -> dict[str, dict[str, Any]]:
    """Return what has to be done now and then, as entries of Celery's `beat_schedule`."""
    seconds = {
        "mark_lost_work": 10.0,
        "score_shadow": 10.0,
        "send_notices": 10.0,
        "retrain_if_due": 300.0,
        "watch_drift": 3600.0,
        "mirror_to_mlflow": 30.0,
        "delete_old_traffic": 3600.0,
        "report_leftovers": 86_400.0,
        "forget_old_notices": 86_400.0,
    }
    return {
        f"classifier-{name.replace('_', '-')}": {
            "task": f"classifier.tasks.{name}",
            "schedule": every,
        }
        for name, every in seconds.items()
    }


def queues() -> tuple[str, ...]:
    """Return the queues that workers have to serve."""
    from classifier.work.kinds import QUEUES  # needs Django's apps, which a host loads first

    return QUEUES


def route_task(name: str, *message: Any, **more: Any) -> dict[str, str] | None:
    """Return the queue of the plug-in's work, None for other tasks: a router for Celery."""
    if not name.startswith("classifier."):
        return None
    from classifier.work.queue import route_task  # needs Django's apps, which are loaded by now

    return route_task(name, *message, **more)
