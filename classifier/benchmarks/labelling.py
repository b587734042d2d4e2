"""`benchmark labelling`: what choosing the logos to label is worth, against a random order."""

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from classifier.logo_types import CLASS_NAMES

if TYPE_CHECKING:
    from classifier.evaluation.labelling import Pool
    from classifier.models import Dataset

GOAL = 0.6  # share of the labels that a random order needs
_REPORTED = (250, 500, 750, 1000, 1500, 2000)


class LabellingBenchmark:
    """The play: labels of the train split are hidden; what is learnt is told by the test split.

    The features are of a network that was trained on ImageNet alone. Those of a version of this
    project would flatter: it has seen the very labels that the play hides.
    """

    help = "Labels needed for an accuracy, chosen by what they teach or at random."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the data and the size of the play."""
        parser.add_argument("--dataset", metavar="NAME", help="default: the newest")
        parser.add_argument("--seeds", type=int, default=5, help="plays of each order (2 to 10)")
        parser.add_argument("--labels", type=int, default=1500, help="asked for in a play")
        parser.add_argument("--chart", type=Path, metavar="FILE.svg", help="draw the curves")

    def measure(self, options: dict[str, Any]) -> dict[str, Any]:
        """Play."""
        from classifier.evaluation.labelling import CHOSEN, RANDOM, Play, curves, savings
        from classifier.management.datasets import find_dataset

        dataset = find_dataset(options["dataset"])
        pool = _pool(dataset)
        play = Play(most=min(options["labels"], len(pool.labels)))
        rounds = 2 * options["seeds"] * (1 + -(-(play.most - play.first) // play.batch))
        with tqdm(total=rounds, desc="Playing", unit="round") as bar:
            found = curves(pool, options["seeds"], play, lambda *state: bar.update())
        results = {
            "dataset": dataset.name,
            "fingerprint": dataset.fingerprint,
            "pool": len(pool.labels),
            "test": len(pool.test_labels),
            "seeds": options["seeds"],
            "goal": GOAL,
            "labels": found["labels"].tolist(),
            "random": found[RANDOM].tolist(),
            "chosen": found[CHOSEN].tolist(),
            "savings": [asdict(row) | {"share": row.share} for row in savings(found, _REPORTED)],
        }
        if options["chart"]:
            from classifier.benchmarks.learning_curves import draw_curves

            options["chart"].write_text(draw_curves(results))
        return results

    def describe(self, results: dict[str, Any]) -> str:
        """Return the curve and what it saves as Markdown."""
        return "\n".join([*_curve_lines(results), "", *_saving_lines(results)])


def _pool(dataset: "Dataset") -> "Pool":
    from classifier.datasets.features import features_of
    from classifier.evaluation.labelling import Pool

    parts: list[np.ndarray] = []
    for split in ("train", "test"):
        samples = list(dataset.samples.of_classes(split).select_related("dataset").order_by("pk"))
        with tqdm(total=100, desc=f"Looking at {split}", unit="%") as bar:
            found = features_of(
                samples, lambda share, bar=bar: bar.update(int(100 * share) - bar.n)
            )
        parts += [found, np.array([CLASS_NAMES.index(sample.label) for sample in samples])]
    return Pool.of(*parts)


def _curve_lines(results: dict[str, Any]) -> list[str]:
    from classifier.evaluation.labelling import mean_interval

    lines = ["| labels | random order | chosen |", "|---|---|---|"]
    for count in (50, 100, *_REPORTED):
        if count not in results["labels"]:
            continue
        at = results["labels"].index(count)
        cells = []
        for order in ("random", "chosen"):
            mean, margin = mean_interval(np.array([run[at] for run in results[order]]))
            cells.append(f"{mean:.1%} ± {100 * margin:.1f}")
        lines.append(f"| {count:,} | {' | '.join(cells)} |")
    return lines


def _saving_lines(results: dict[str, Any]) -> list[str]:
    lines = [
        "| random order's labels | accuracy | chosen labels for it | share | 95 % interval |",
        "|---|---|---|---|---|",
    ]
    for row in results["savings"]:
        needed, share = "not reached", ""
        if row["needed"] is not None:
            needed, share = f"{row['needed']:,.0f}", f"{row['share']:.0%}"
        interval = "" if row["low"] is None else f"{max(0, row['low']):.0%} to {row['high']:.0%}"
        lines.append(
            f"| {row['labels']:,} | {row['accuracy']:.1%} | {needed} | {share} | {interval} |"
        )
    return [*lines, "", _verdict(results)]


def _verdict(results: dict[str, Any]) -> str:
    rows = [row for row in results["savings"] if row["share"] is not None]
    if not rows:
        return "No accuracy of the random order was reached: ask for more labels."
    last = rows[-1]
    reached = "reached" if last["share"] <= results["goal"] else "not reached"
    return (
        f"Goal: at most {results['goal']:.0%} of the labels for the accuracy of "
        f"{last['labels']:,} random ones. {reached.capitalize()}: {last['share']:.0%}."
    )
