"""`leftovers`: files that nobody owns."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from classifier.work.leftovers import delete, find_leftovers, size_of


class Command(BaseCommand):
    """Lists what no row names, and deletes it on request."""

    help = "List files that belong to no dataset, run, study, evaluation, proposal or version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--delete", action="store_true", help="delete them, too")

    def handle(self, *args: Any, **options: Any) -> None:
        found = find_leftovers()
        for path in found:
            self.stdout.write(f"{size_of(path) / 1e6:10.1f} MB  {path}")
            if options["delete"]:
                delete(path)
        done = "deleted" if options["delete"] else "found"
        self.stdout.write(f"{len(found)} {done}.")
