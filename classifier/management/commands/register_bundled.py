"""`python manage.py register_bundled`: make sure that a model serves."""

from typing import Any

from django.core.management.base import BaseCommand

from classifier.inference.manifest import ModelError
from classifier.versions.promotion import production_version


class Command(BaseCommand):
    """Registers the version that ships with the plug-in, if nothing is in production yet."""

    help = "Register and promote the bundled version, unless another one is in production."

    def handle(self, *args: Any, **options: Any) -> None:
        """Register it. A missing or broken model is reported, and the app starts without it."""
        try:
            version = production_version()
        except ModelError as error:
            self.stderr.write(f"No model can serve: {error}")
            return
        self.stdout.write(f"Model version in production: {version}.")
