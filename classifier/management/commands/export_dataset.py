"""`export_dataset`: write a dataset for other tools."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.datasets.exporting import ExportError, export_folder, export_zip
from classifier.management.datasets import find_dataset


class Command(BaseCommand):
    """Write `class/image` files and `labels.csv` into a folder, or into a zip."""

    help = "Write a dataset as class/image files with a labels.csv."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a dataset's name and a place."""
        parser.add_argument("name", nargs="?", help="name of the dataset (default: the newest)")
        parser.add_argument(
            "-o", "--output", type=Path, required=True, help="a new folder, or a file named *.zip"
        )
        parser.add_argument(
            "--vectors", action="store_true", help="also write the SVG that each logo came from"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        dataset, output = find_dataset(options["name"]), options["output"]
        try:
            if output.suffix == ".zip":
                with output.open("xb") as file:
                    count = export_zip(dataset, file, options["vectors"])
            else:
                count = export_folder(dataset, output, options["vectors"])
        except (ExportError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{output}: {count} images of {dataset}")
