"""`bundle_version`: make a trained version the one that ships with the plug-in."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.inference.manifest import ModelError
from classifier.models import ModelVersion
from classifier.versions.bundles import bundle
from classifier.versions.registry import VersionError


class Command(BaseCommand):
    """Copies a version's graph and manifest into the plug-in."""

    help = "Copy a version into classifier/bundled; new installations start with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the version, and what the bundled one is called."""
        parser.add_argument("version", help="name of a version")
        parser.add_argument("name", help="name of the bundled version")

    def handle(self, *args: Any, **options: Any) -> None:
        version = ModelVersion.objects.filter(name=options["version"]).first()
        if version is None:
            names = ", ".join(ModelVersion.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no version {options['version']!r}; there are: {names}.")
        try:
            folder = bundle(version, options["name"])
        except (ModelError, VersionError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version} is bundled as {folder.name}.")
