"""`dataset_info`: what a dataset holds."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from classifier.datasets.info import describe, summarize
from classifier.management.datasets import find_dataset


class Command(BaseCommand):
    """Print a dataset's counts by class, split and package, what was left out, its fingerprint."""

    help = "Print what a dataset holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="name of the dataset (default: the newest)")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        summary = summarize(find_dataset(options["name"]))
        if options["json"]:
            self.stdout.write(json.dumps(summary, indent=2))
        else:
            self.stdout.write(f"{summary['name']} ({summary['source']}, {summary['status']})")
            self.stdout.write(describe(summary))
