"""`label_corrections`: move people's label corrections between the database and the repository."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.datasets import corrections
from classifier.management.database import ensure_database


class Command(BaseCommand):
    """Import corrections from a CSV file into the database, or export them all to one."""

    help = "Import or export label corrections (default file: classifier/datasets/corrections.csv)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a direction and a file."""
        parser.add_argument("direction", choices=["import", "export"])
        parser.add_argument("--file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_database()
        path = options["file"] or corrections.REVIEWED
        try:
            if options["direction"] == "import":
                self.stdout.write(f"{corrections.import_file(path)} corrections stored")
            else:
                self.stdout.write(f"{corrections.export_file(path)} corrections in {path}")
        except (corrections.CorrectionsError, OSError) as error:
            raise CommandError(str(error)) from error
