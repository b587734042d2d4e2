"""`export_version`: a version as a model repository."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.inference.manifest import ModelError
from classifier.models import ModelVersion
from classifier.versions.repository.files import write_repository


class Command(BaseCommand):
    """The same zip as the version's page gives; `POST /api/v1/versions/import/` reads it back."""

    help = "Write a version as a model repository in Hugging Face's form, in a zip."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the version and the file."""
        parser.add_argument("name", help="of the version")
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.zip")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        version = ModelVersion.objects.filter(name=options["name"]).first()
        if version is None:
            names = ", ".join(ModelVersion.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no version {options['name']!r}; there are: {names}.")
        try:
            with options["output"].open("wb") as file:
                write_repository(version, file)
        except (ModelError, OSError) as error:
            options["output"].unlink(missing_ok=True)
            raise CommandError(str(error)) from error
        self.stdout.write(f"{options['output']}: {version}")
