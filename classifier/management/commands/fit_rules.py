"""`fit_rules`: fit the rule-based classifier's thresholds on a dataset's training split."""

import json
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand

from classifier.logo_types import CLASS_NAMES
from classifier.management.datasets import find_dataset
from classifier.models import Dataset, Sample

if TYPE_CHECKING:
    import numpy as np


class Command(BaseCommand):
    """Measure the training and validation images, fit the tree, and write it."""

    help = "Fit the rules' thresholds on a training split; the size of the tree on validation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a dataset."""
        parser.add_argument("--dataset", metavar="NAME", help="the newest one if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write rules.json, and say what the tree scores."""
        from classifier.evaluation.rules import fit_rules
        from classifier.inference.rules import RULES_FILE

        dataset = find_dataset(options["dataset"])
        tree, scores = fit_rules(_measured(dataset, "train"), _measured(dataset, "val"))
        fitted = {
            "dataset": dataset.name,
            "fingerprint": dataset.fingerprint,
            "synthetic": dataset.is_synthetic,
            **scores,
            "tree": tree,
        }
        RULES_FILE.write_text(json.dumps(fitted, indent=1) + "\n")
        self.stdout.write(", ".join(f"{name} {value}" for name, value in scores.items()))


def _measured(dataset: Dataset, split: str) -> "tuple[np.ndarray, np.ndarray]":
    """Return the measures float [N, measures] and the labels int [N] of a split."""
    import numpy as np

    samples = list(dataset.samples.filter(split=split, label__in=CLASS_NAMES))
    with ThreadPoolExecutor() as pool:
        rows = list(pool.map(_measures, samples))
    return np.array(rows), np.array([CLASS_NAMES.index(sample.label) for sample in samples])


def _measures(sample: Sample) -> list[float]:
    from classifier.inference.measures import MEASURES, SIDE, measure
    from classifier.inference.preprocessing import prepare, read_image

    image = read_image(sample.file, settings.CLASSIFIER_MAX_PIXELS)
    values = measure(prepare(image, SIDE, sample.background))
    return [values[name] for name in MEASURES]
