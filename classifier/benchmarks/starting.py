"""`benchmark starting`: a training from a version's weights against one from ImageNet's."""

import tempfile
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.benchmarks.inference import served_version
from classifier.benchmarks.machine import machine_line
from classifier.datasets.training_data import training_data
from classifier.management.datasets import find_dataset
from classifier.management.setting_arguments import add_settings, parse_settings
from classifier.models import ModelVersion
from classifier.runs.starts import started_from, with_start
from classifier.training.config import TrainingConfig

if TYPE_CHECKING:
    from classifier.training.dataset import LabelledImage, TrainingData

_BATCH = 64
_EPOCHS = {"head_epochs": 3, "top_epochs": 0, "full_epochs": 20}


class StartingBenchmark:
    """Somebody has a few logos of each type. Both trainings see them with the same settings.

    The dataset should hold logos that the version has not learnt from. What is trained on are some
    logos a class of its train split; all of its validation and test splits judge.
    """

    help = "Accuracy over minutes with a few logos a class: from a version, and from ImageNet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the data, the version, and how many logos there are to learn from."""
        parser.add_argument("--dataset", metavar="NAME", help="default: the newest")
        parser.add_argument("--model-version", metavar="NAME", help="the one in production if left")
        parser.add_argument("--per-class", type=int, default=60, help="logos (default: 60)")
        parser.add_argument("--threads", type=int, default=1, help="of both (default: 1)")
        add_settings(parser)

    def measure(self, options: dict[str, Any]) -> dict[str, Any]:
        """Train both, one after the other; times are CPU seconds."""
        import torch

        dataset = find_dataset(options["dataset"])
        version = served_version(options["model_version"])
        imagenet = TrainingConfig.from_json(
            {"backbone": version.manifest["backbone"], **_EPOCHS, **parse_settings(options["set"])}
        )
        going_on = started_from(replace(imagenet, start_from=version.name))
        imagenet = replace(going_on, start_from="")  # the same network, on the same pixels
        threads = torch.get_num_threads()
        torch.set_num_threads(options["threads"])
        try:
            with tempfile.TemporaryDirectory() as folder:
                data = _data(training_data(dataset), options["per_class"], Path(folder))
                results = {
                    "machine": machine_line(),
                    "dataset": dataset.name,
                    "version": version.name,
                    "images": {"train": len(data.train), "val": len(data.val)},
                    "threads": options["threads"],
                    "untrained_accuracy": _accuracy(version, data),
                    "from_version": _curve(going_on, data, Path(folder) / "version"),
                    "from_imagenet": _curve(imagenet, data, Path(folder) / "imagenet"),
                    "config": imagenet.to_json(),
                }
        finally:
            torch.set_num_threads(threads)
        return results

    def describe(self, results: dict[str, Any]) -> str:
        """Return both curves as Markdown."""
        return "\n".join(_lines(results))


def _data(whole: "TrainingData", per_class: int, folder: Path) -> "TrainingData":
    """Return some training images of each class; whatever is not trained on judges."""
    train = list(_first(whole.train, per_class))
    return replace(whole, train=train, val=[*whole.val, *whole.test], cache=folder / "arrays")


def _first(images: "Iterable[LabelledImage]", per_class: int) -> "Iterator[LabelledImage]":
    """Yield so many images of each class, in the order of their hashes: as good as random."""
    taken: dict[int, int] = {}
    for image in sorted(images, key=lambda image: image.path.name):
        taken[image.label] = taken.get(image.label, 0) + 1
        if taken[image.label] <= per_class:
            yield image


def _accuracy(version: ModelVersion, data: "TrainingData") -> float:
    """Return how often the version is right before it learns anything."""
    from classifier.inference.engine import Engine
    from classifier.training.dataset import ArrayCache

    engine = Engine.load(version.folder)
    seen = ArrayCache(data.cache).serving(data.val, engine.manifest.input_size)
    batches = (seen.pixels[start : start + _BATCH] for start in range(0, len(seen), _BATCH))
    answers = np.concatenate([engine.logits(np.array(batch)).argmax(1) for batch in batches])
    return float((answers == seen.labels.numpy()).mean())


def _curve(config: TrainingConfig, data: "TrainingData", folder: Path) -> list[dict[str, Any]]:
    """Return the stage, the CPU seconds spent so far and the accuracy of each epoch."""
    from classifier.benchmarks.race import Runner
    from classifier.training.reporting import EpochResult, SilentObserver
    from classifier.training.run import train

    class Watch(Runner, SilentObserver):
        def on_epoch(self, result: EpochResult) -> None:
            self.note(result.stage, len(data.train) * result.epoch, result.val_accuracy)

    watch = Watch(accuracy=1.0)
    watch.clock.start()
    train(config, with_start(data, config), folder, watch)
    return watch.summary()["curve"]


def _lines(results: dict[str, Any]) -> "Iterator[str]":
    images = results["images"]
    yield (
        f"{results['machine']}. {images['train']} training logos of {results['dataset']}, judged "
        f"by {images['val']} others; {results['threads']} thread(s). {results['version']} as it "
        f"is: {results['untrained_accuracy']:.1%}."
    )
    yield ""
    start = results["version"]
    yield f"| epoch | from {start}: CPU s | accuracy | from ImageNet: CPU s | accuracy |"
    yield "|---|---|---|---|---|"
    pairs = zip(results["from_version"], results["from_imagenet"], strict=True)
    for epoch, points in enumerate(pairs, 1):
        cells = [f"{point['cpu_seconds']:.0f} | {point['val_accuracy']:.1%}" for point in points]
        yield f"| {epoch} ({points[0]['stage']}) | {' | '.join(cells)} |"
