"""`build_dataset`: make a dataset of labelled logos."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.data.packages import PackageError, listed_packages
from classifier.datasets.corrections import CorrectionsError
from classifier.datasets.errors import DatasetError
from classifier.datasets.info import describe, summarize
from classifier.datasets.mending import mend_split, missing_classes, missing_sentences
from classifier.management.database import ensure_database
from classifier.models import Dataset


class Command(BaseCommand):
    """Make a dataset from logo packages, from images of your own, or from drawn ones."""

    help = (
        "Fetch logo packages with npm, label their logos and split them by brand. Run again after "
        "an interruption: it goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the source, a name and a seed."""
        source = parser.add_mutually_exclusive_group()
        source.add_argument(
            "--folder", type=Path, metavar="PATH", help="a folder or zip of class/image files"
        )
        source.add_argument(
            "--synthetic", type=int, metavar="N", help="draw N logos per type, for a first look"
        )
        parser.add_argument("--name", help="name of the dataset (default: the next free one)")
        parser.add_argument(
            "--mend", action="store_true", help="move brands if a split lacks a class"
        )
        parser.add_argument("--seed", type=int, default=0, help="decides the splits (default: 0)")
        parser.add_argument(
            "--drawings-once",
            action="store_true",
            help="of packages: keep a drawing once, whatever its ground and colours",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Build the dataset and print what is in it."""

        ensure_database()
        started = time.monotonic()
        dataset = self._build(options)
        self.stdout.write(f"{dataset}: ready after {time.monotonic() - started:.0f} s.")
        if options["mend"] and missing_classes(dataset):
            self._mend(dataset)
        self.stdout.write(describe(summarize(dataset)))
        missing = missing_sentences(missing_classes(dataset))
        if missing:
            self.stdout.write(
                "\n".join([*missing, "Nothing can be trained on it yet: its page mends the split."])
            )

    def _mend(self, dataset: Dataset) -> None:
        try:
            self.stdout.write(f"{mend_split(dataset)} brands moved to other splits.")
        except DatasetError as error:
            self.stderr.write(str(error))

    def _build(self, options: dict[str, Any]) -> Dataset:
        from classifier.datasets import building as build
        from classifier.datasets.importing import import_path

        name, seed = options["name"], options["seed"]
        try:
            if options["synthetic"] is not None:
                return build.build_synthetic(name, options["synthetic"], seed)
            if options["folder"]:
                return import_path(options["folder"], name, seed)
            once = options["drawings_once"]
            return build.build_from_packages(name, listed_packages(), seed, once)
        except (build.DatasetError, PackageError, CorrectionsError) as error:
            raise CommandError(str(error)) from error
