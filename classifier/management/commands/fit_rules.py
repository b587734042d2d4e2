"""`fit_rules`: fit the rule-based classifier's thresholds on a dataset's training split."""

import json
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.management.base import BaseCommand
from PIL import Image
from tqdm import tqdm

from classifier.conf import conf
from classifier.inference.preprocessing import compose, prepare, read_image
from classifier.logo_types import CLASS_NAMES
from classifier.management.datasets import find_dataset
from classifier.models import Dataset, Sample

if TYPE_CHECKING:
    import numpy as np


class Command(BaseCommand):
    """Measure the training and validation images, fit the trees, and write them."""

    help = "Fit the rules' thresholds on a training split; the number of trees on validation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dataset", metavar="NAME", help="the newest one if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write rules.json, and say what they score."""
        from classifier.evaluation.rules import fit_rules
        from classifier.inference.rules import RULES_FILE

        dataset = find_dataset(options["dataset"])
        fitted, scores = fit_rules(_measured(dataset, "train"), _measured(dataset, "val"))
        described = {
            "dataset": dataset.name,
            "fingerprint": dataset.fingerprint,
            "synthetic": dataset.is_synthetic,
            "scores": scores,
            **fitted,
        }
        RULES_FILE.write_text(json.dumps(described, separators=(",", ":")) + "\n")
        self.stdout.write(", ".join(f"{name} {value}" for name, value in scores.items()))


def _measured(dataset: Dataset, split: str) -> "tuple[np.ndarray, np.ndarray]":
    """Return measures float [2 N, measures] and labels int [2 N] of a split: of each image as it is
    and as users have it.
    """

    samples = list(dataset.samples.of_classes(split).order_by("pk"))
    with ThreadPoolExecutor() as pool:
        rows = list(tqdm(pool.map(_measures, samples), split, len(samples), unit="image"))
    labels = [CLASS_NAMES.index(sample.label) for sample in samples]
    return np.concatenate(rows), np.repeat(labels, 2)


def _measures(sample: Sample) -> "np.ndarray":
    """Return the measures of an image and of a worse copy, the same for the same image."""

    from classifier.evaluation.rules import worsened
    from classifier.inference.measures import MEASURES, SIDE, measure

    image = read_image(sample.file, conf.MAX_PIXELS)
    generator = np.random.default_rng(int(sample.sha256[:8], 16))
    composed = Image.fromarray(compose(image, sample.background))
    worse = worsened(composed, generator).convert("RGBA")
    found = (
        measure(prepare(image, SIDE, sample.background)),
        measure(prepare(worse, SIDE)),
    )
    return np.array([[values[name] for name in MEASURES] for values in found])
