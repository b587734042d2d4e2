"""`benchmark training`: our training against a plain loop, to the same validation accuracy."""

import random
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.benchmarks.machine import machine_line
from classifier.datasets.training_data import training_data
from classifier.management.datasets import find_dataset
from classifier.management.setting_arguments import add_settings, parse_settings
from classifier.training.config import TrainingConfig

if TYPE_CHECKING:
    from classifier.benchmarks.race import Runner
    from classifier.training.dataset import LabelledImage, TrainingData

GOAL = 4.0
_CACHE_IMAGES = 384  # that the gain of the activation cache is measured on


class TrainingBenchmark:
    """Both start from the same weights and images, and take turns of some seconds in one process.

    What is compared is CPU time, which other work on the machine does not change; wall time
    stands beside it.
    """

    help = "Time to a validation accuracy and images/s, against a plain loop at 224 px."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the data, the goal and the limits."""
        parser.add_argument("--dataset", metavar="NAME", help="default: the newest")
        parser.add_argument(
            "--images", type=int, default=2000, help="training images, a seeded share of each class"
        )
        parser.add_argument("--accuracy", type=float, default=0.8, help="to reach (default: 0.8)")
        parser.add_argument(
            "--minutes", type=float, default=30, help="of CPU time that the plain loop may take"
        )
        parser.add_argument("--threads", type=int, default=1, help="of both (default: 1)")
        add_settings(parser)

    def measure(self, options: dict[str, Any]) -> dict[str, Any]:
        """Let both trainings run until they have the accuracy; see the class's text."""
        import torch

        config = TrainingConfig.from_json(parse_settings(options["set"]))
        dataset = find_dataset(options["dataset"])
        threads = torch.get_num_threads()
        torch.set_num_threads(options["threads"])
        try:
            with tempfile.TemporaryDirectory() as folder:
                data = _data(dataset, options["images"], config.seed, Path(folder))
                ours, plain = _race(config, data, Path(folder), options)
                speeds = _speeds(config, data)
        finally:
            torch.set_num_threads(threads)
        return {
            "machine": machine_line(),
            "dataset": dataset.name,
            "images": {"train": len(data.train), "val": len(data.val)},
            "threads": options["threads"],
            "accuracy": options["accuracy"],
            "goal": GOAL,
            **compare(ours, plain),
            **speeds,
            "config": config.to_json(),
        }

    def describe(self, results: dict[str, Any]) -> str:
        """Return the comparison as Markdown."""
        return "\n".join(_lines(results))


def _data(dataset: Any, count: int, seed: int, folder: Path) -> "TrainingData":
    """Return a seeded, stratified part of a dataset; its arrays are decoded anew, on the clock."""
    from classifier.training.dataset import TrainingData

    whole = training_data(dataset)
    share = min(1.0, count / len(whole.train))
    return TrainingData(
        list(_stratified(whole.train, share, seed)),
        list(_stratified(whole.val, share, seed)),
        cache=folder / "arrays",
    )


def _stratified(
    images: "Iterable[LabelledImage]", share: float, seed: int
) -> "Iterator[LabelledImage]":
    """Yield that share of each class."""
    by_label: dict[int, list[LabelledImage]] = {}
    for image in sorted(images, key=lambda image: image.path.name):
        by_label.setdefault(image.label, []).append(image)
    for label in sorted(by_label):
        yield from random.Random(seed).sample(by_label[label], round(share * len(by_label[label])))


def _race(
    config: TrainingConfig, data: "TrainingData", folder: Path, options: dict[str, Any]
) -> "tuple[Runner, Runner]":
    from classifier.benchmarks.plain_loop import PlainLoop
    from classifier.benchmarks.race import OurRunner, PlainRunner

    loop = PlainLoop(config, data.train, data.val)
    plain = PlainRunner(loop, options["accuracy"], options["minutes"] * 60)
    ours = OurRunner(config, plain, options["accuracy"])
    ours.train(data, folder)
    while not plain.over:
        plain.advance(60)
    return ours, plain


def compare(ours: "Runner", plain: "Runner") -> dict[str, Any]:
    """Return both curves and their ratios, as plain JSON values.

    Where the plain loop did not get there, its whole time counts: the ratio is a lower bound.
    Where ours did not, there is no ratio.
    """
    sides = {"ours": ours.summary(), "plain": plain.summary()}
    ratios: dict[str, Any] = {
        "ratio_time_to_accuracy": None,
        "ratio_wall_time_to_accuracy": None,
        "ratio_is_lower_bound": not sides["plain"]["reached"],
    }
    if sides["ours"]["reached"]:
        for key, spent in (("", "cpu_seconds"), ("_wall", "wall_seconds")):
            ratio = sides["plain"][spent] / sides["ours"][spent]
            ratios[f"ratio{key}_time_to_accuracy"] = round(ratio, 2)
    return ratios | sides


def _speeds(config: TrainingConfig, data: "TrainingData") -> dict[str, Any]:
    """Return images per CPU second of both, and what the cache of activations saves.

    The latter in CPU seconds of a head epoch, measured on some images and scaled to the split.
    """
    from classifier.benchmarks.speeds import head_epoch_seconds, whole_network_speeds

    part = replace(data, train=data.train[:: max(1, len(data.train) // _CACHE_IMAGES)])
    kept, anew = head_epoch_seconds(config, part)
    scale = len(data.train) / len(part.train)
    ours, plain = whole_network_speeds(config, data)
    return {
        "images_per_second": {"ours": round(ours, 1), "plain": round(plain, 1)},
        "ratio_images_per_second": round(ours / plain, 2),
        "head_epoch_seconds_cached": round(kept * scale, 3),
        "head_epoch_seconds_uncached": round(anew * scale, 2),
        "ratio_head_epoch": round(anew / kept, 1),
    }


def _lines(results: dict[str, Any]) -> "Iterator[str]":
    images, accuracy = results["images"], results["accuracy"]
    yield (
        f"{results['machine']}. {images['train']} training and {images['val']} validation logos of "
        f"{results['dataset']}; {results['threads']} thread(s); CPU seconds."
    )
    yield ""
    yield f"| | ours, {results['config']['input_size']} px | plain loop, 224 px | ratio |"
    yield "|---|---|---|---|"
    ours, plain = results["ours"], results["plain"]
    bound = "at least " if results["ratio_is_lower_bound"] else ""
    for key, name, ratio in (
        ("cpu_seconds", "CPU", results["ratio_time_to_accuracy"]),
        ("wall_seconds", "wall", results["ratio_wall_time_to_accuracy"]),
    ):
        spent = [
            f"{side[key]:.0f}" + ("" if side["reached"] else " (not reached)")
            for side in (ours, plain)
        ]
        shown = f"{bound}{ratio}" if ratio else ""
        yield f"| {name} seconds to {accuracy:.0%} accuracy | {' | '.join(spent)} | {shown} |"
    speeds, ratio = results["images_per_second"], results["ratio_images_per_second"]
    shown = f"{speeds['ours']} | {speeds['plain']} | {ratio}"
    yield f"| images per CPU second, whole network | {shown} |"
    best = [f"{side['best_accuracy'] or 0:.1%}" for side in (ours, plain)]
    yield f"| best validation accuracy | {' | '.join(best)} | |"
    yield (
        f"| head epoch, CPU seconds: from kept activations, computed anew "
        f"| {results['head_epoch_seconds_cached']} | {results['head_epoch_seconds_uncached']} "
        f"| {results['ratio_head_epoch']} |"
    )
    yield ""
    yield "| training | stage | images | CPU seconds | accuracy |"
    yield "|---|---|---|---|---|"
    for name, side in (("ours", ours), ("plain", plain)):
        for point in side["curve"]:
            yield (
                f"| {name} | {point['stage']} | {point['images']} | {point['cpu_seconds']:.0f} "
                f"| {point['val_accuracy']:.1%} |"
            )
