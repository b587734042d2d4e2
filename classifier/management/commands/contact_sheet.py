"""`contact_sheet`: a picture of many logos of one class, to check their labels by eye."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.datasets.contact_sheet import draw_sheet, pick
from classifier.logo_types import AMBIGUOUS, CLASS_NAMES
from classifier.management.datasets import find_dataset


class Command(BaseCommand):
    """Draw a random, reproducible sample of a class and split."""

    help = "Draw logos of one class on one picture, with their measures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to draw, and where to."""
        parser.add_argument("--dataset", metavar="NAME", help="default: the newest")
        parser.add_argument("--label", choices=[*CLASS_NAMES, AMBIGUOUS], required=True)
        parser.add_argument("--split", choices=["train", "val", "test"], help="default: all")
        parser.add_argument("--count", type=int, default=60)
        parser.add_argument("--columns", type=int, default=10)
        parser.add_argument("--tile", type=int, default=128, help="side of a logo, in pixels")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("-o", "--output", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Draw the sheet and save it."""

        dataset = find_dataset(options["dataset"])
        samples = pick(
            dataset, options["label"], options["split"], options["count"], options["seed"]
        )
        if not samples:
            raise CommandError(f"{dataset} has no such logos.")
        draw_sheet(samples, options["columns"], options["tile"]).save(options["output"])
        self.stdout.write(f"{options['output']}: {len(samples)} logos of {dataset}")
