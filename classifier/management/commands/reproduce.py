"""`reproduce`: make a version that ships anew, from the logo packages to its test figures."""

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.data.packages import PackageError, listed_packages
from classifier.datasets.corrections import CorrectionsError
from classifier.datasets.errors import DatasetError
from classifier.datasets.training_data import split_counts
from classifier.inference.manifest import Manifest, ModelError, read_manifest
from classifier.logo_types import CLASS_NAMES
from classifier.management.commands.train import carry_out
from classifier.management.database import ensure_database
from classifier.models import BUNDLED_FOLDER, Dataset, ModelVersion
from classifier.runs.lifecycle import RunError, create_run
from classifier.training.config import InvalidConfigError, TrainingConfig

# Of the logos, that may stand in another split or class. Now and then a label is mended, and a
# perceptual hash of a symmetric drawing has coefficients that are zero but for a processor's
# rounding: with a new one, a group of brands can go to another split.
_FEW = 0.005


class Command(BaseCommand):
    """Builds the dataset, trains with the settings of the manifest, and compares the figures."""

    help = (
        "Build the dataset of a version that ships, train with its settings, and print its test "
        "figures beside the shipped ones. Other processors round otherwise: expect the figures to "
        "agree within their intervals."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the bundled version's name."""
        names = sorted(path.name for path in BUNDLED_FOLDER.glob("*/"))
        parser.add_argument("version", choices=names, help="name of a version that ships")

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_database()
        try:
            shipped = read_manifest(BUNDLED_FOLDER / options["version"])
            version = self._trained(shipped, self._dataset(shipped))
        except (ModelError, RunError, InvalidConfigError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_comparison(shipped.metrics["test"], version.manifest["metrics"]["test"]))

    def _dataset(self, shipped: Manifest) -> Dataset:
        """Return the dataset that a version was trained on, built now or before.

        Raises:
            CommandError: if the packages give another one.
        """
        from classifier.datasets.building import build_from_packages

        try:
            dataset = build_from_packages(None, listed_packages())
        except (DatasetError, PackageError, CorrectionsError) as error:
            raise CommandError(str(error)) from error
        expected = shipped.dataset["fingerprint"]
        if dataset.fingerprint == expected:
            return dataset
        apart = _counts_apart(shipped.dataset["counts"], split_counts(dataset))
        difference = (
            f"{dataset} has the fingerprint {dataset.fingerprint}, not {expected}: {apart:.2%} of "
            "its logos stand elsewhere"
        )
        if apart > _FEW:
            raise CommandError(
                f"{difference}. The packages, the corrections or the rules of the labels have "
                "changed since."
            )
        self.stdout.write(f"{difference}. So few change no figure by much: it goes on.")
        return dataset

    def _trained(self, shipped: Manifest, dataset: Dataset) -> ModelVersion:
        """Train what the version was trained from, if anything, and then the version."""
        version = None
        for settings in (*shipped.forerunners, shipped.config):
            start = {"start_from": version.name} if version else {}
            config = self._possible(TrainingConfig.from_json({**settings, **start}))
            run = create_run(dataset, config)
            self.stdout.write(f"{run} on {dataset}, with the settings of {shipped.name}")
            version = carry_out(run)
        return version

    def _possible(self, config: TrainingConfig) -> TrainingConfig:
        """Return a config in a precision that this machine has: it decides how fast, not what."""
        from classifier.training.device import check_precision, pick_device

        try:
            check_precision(config, pick_device())
        except InvalidConfigError as error:
            self.stdout.write(f"{error}: it trains as this machine usually does.")
            return replace(config, precision="auto")
        return config


def _counts_apart(first: dict[str, dict[str, int]], second: dict[str, dict[str, int]]) -> float:
    """Return the sum of the differences between two counts, by split and class, as a share."""
    apart = total = 0
    for split, counts in first.items():
        for name, count in counts.items():
            apart += abs(count - second.get(split, {}).get(name, 0))
            total += count
    return apart / total


def _comparison(shipped: dict[str, Any], reproduced: dict[str, Any]) -> str:
    """Return a table of both versions' figures on the test split."""
    rows = [("all", shipped["accuracy"], reproduced["accuracy"])]
    for name in CLASS_NAMES:
        pair = (metrics["per_class"][name]["accuracy"] for metrics in (shipped, reproduced))
        rows.append((name, *pair))
    low, high = shipped["intervals"]["accuracy"]
    lines = [f"{'accuracy':10} {'shipped':>8} {'now':>8}"]
    lines += [f"{name:10} {before:8.2%} {now:8.2%}" for name, before, now in rows]
    lines.append(f"The shipped accuracy's 95 % interval: {low:.2%} to {high:.2%}.")
    return "\n".join(lines)
