"""`mirror`: tell the MLflow server now what it has not heard."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.conf import conf
from classifier.mirror.sending import mirror, waiting
from classifier.models import MirroredRow


class Command(BaseCommand):
    """Workers do the same every half minute; this one says what happens."""

    help = "Send runs, versions and evaluations to the MLflow server in MLFLOW_TRACKING_URI."

    def handle(self, *args: Any, **options: Any) -> None:
        """Send, and say what still waits."""
        if not conf.MLFLOW_TRACKING_URI:
            raise CommandError("Set MLFLOW_TRACKING_URI, such as http://127.0.0.1:5000.")
        while sent := mirror():
            self.stdout.write(f"{sent} rows sent.")
        left = waiting()
        self.stdout.write(f"{left} wait." if left else "The server knows everything.")
        for row in MirroredRow.objects.exclude(error=""):
            self.stdout.write(f"{row}: {row.error}")
