"""`check_labels`: which labels of a dataset are likely wrong."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.datasets.label_checks import LabelCheckError, create_label_check
from classifier.management.datasets import find_dataset
from classifier.work import execution as work


class Command(BaseCommand):
    """Ranks a dataset's labels by how well they fit what other logos teach."""

    help = "Find likely label errors by cross-validation; the audit page then shows them first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the dataset, and how many to print."""
        parser.add_argument("--dataset", help="name; default: the newest")
        parser.add_argument("--count", type=int, default=20, help="how many to print")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the most suspicious samples."""

        dataset = find_dataset(options["dataset"])
        try:
            check = create_label_check(dataset)
        except LabelCheckError as error:
            raise CommandError(str(error)) from error
        with tqdm(total=1.0, desc="labels", bar_format="{desc}: {percentage:3.0f}% {bar}") as bar:
            work.carry_out(check, lambda share: bar.update(share - bar.n))
        check.refresh_from_db()
        if check.status != check.Status.SUCCEEDED:
            raise CommandError(check.error or "The check was cancelled.")
        ranked = dataset.samples.filter(label_quality__isnull=False).order_by("label_quality")
        for sample in ranked[: options["count"]]:
            self.stdout.write(
                f"{sample.label_quality:.3f} {sample.label} or {sample.expected_label}? "
                f"{sample.package} {sample.name or sample.brand} ({sample.get_split_display()})"
            )
