"""`benchmark conversion`: what the classification is worth to the drawings."""

import multiprocessing
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

from django.core.management.base import CommandError

from converter.benchmarks.logos import FORMATS, LogosError, Measured, Truth, measure, read_logos
from converter.presets import LOGO_TYPES, PLAIN, PRESETS
from converter.routing import ClassifierUnavailableError, Policy, classifier_client, route

ARMS = {
    "plain": "(a) tracer defaults",
    "single": "(b) best single preset",
    "rules": "(c) routed by the rules",
    "model": "(d) routed by the production model",
    "label": "(e) routed by the true label",
    "best": "(f) best preset of each image",
}
_ALL = "all"
# One traced upload: the preset of each routed arm (that of `label` is its type), and `presets`,
# what each preset gave.
Case = dict[str, Any]


class ConversionBenchmark:
    """Traces test logos with every preset, and compares the ways to choose among them."""

    help = "Quality, size and time of drawings, by how their preset was chosen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the logos and how many."""
        parser.add_argument("--logos", type=Path, required=True, metavar="DIR",
                            help="written by export_dataset --vectors")  # fmt: skip
        parser.add_argument("--per-type", type=int, default=25, help="logos (default: 25)")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--jobs", type=int, default=2, help="logos at a time (default: 2)")

    def measure(self, options: dict[str, Any]) -> dict[str, Any]:
        """Trace, route and summarise; see `summarise` for what comes out."""
        from tqdm import tqdm

        try:
            truths = read_logos(options["logos"], "test", options["per_type"], options["seed"])
        except LogosError as error:
            raise CommandError(str(error)) from error
        cases: list[Case] = []
        # Fresh processes: a forked one would share this one's database connection.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(options["jobs"], mp_context=context) as pool:
            results = pool.map(measure_presets, truths)
            for truth, measured in tqdm(
                zip(truths, results, strict=True), total=len(truths), unit="logo"
            ):
                for kind in FORMATS:
                    routes = _routes(truth, kind)
                    cases.append({**routes, "presets": measured[kind]})
        return summarise(cases)

    def describe(self, results: dict[str, Any]) -> str:
        """Return the Markdown tables."""
        return describe(results)


def measure_presets(truth: Truth) -> dict[str, dict[str, Measured]]:
    """Trace a logo with each preset, as PNG and as JPEG."""
    return {
        kind: {name: measure(truth, preset, kind) for name, preset in PRESETS.items()}
        for kind in FORMATS
    }


def _routes(truth: Truth, kind: str) -> dict[str, str]:
    """Return the preset that each routed arm chooses, as conversions would."""
    content, client = truth.upload(kind), classifier_client()
    policy = Policy.default()
    try:
        return {
            "rules": route(client.classify(content, "rules"), policy).preset,
            "model": route(client.classify(content), policy).preset,
            "label": truth.label,
        }
    except ClassifierUnavailableError as error:
        raise CommandError(f"The classifier gave no answer: {error}.") from error


def summarise(cases: list[Case]) -> dict[str, Any]:
    """Return the means by arm and class, and the share of the possible gain that routing gets.

    The single preset is the one with the best mean score on these very logos: a hard comparison
    for the routing. Shares are 100 x (arm - single) / (best - single), in scores.
    """
    single = max(
        (name for name in PRESETS if name != PLAIN),
        key=lambda name: fmean(case["presets"][name].quality.score for case in cases),
    )
    groups = {name: [case for case in cases if case["label"] == name] for name in LOGO_TYPES}
    groups = {name: group for name, group in groups.items() if group} | {_ALL: cases}
    means = {
        name: {arm: _means([_chosen(case, arm, single) for case in group]) for arm in ARMS}
        for name, group in groups.items()
    }
    return {
        "uploads": len(cases),
        "single_preset": single,
        "means": means,
        "share_of_gain": {name: _shares(arms) for name, arms in means.items()},
    }


def _chosen(case: Case, arm: str, single: str) -> Measured:
    presets = case["presets"]
    if arm == "best":
        return max(presets.values(), key=lambda measured: measured.quality.score)
    return presets[{"plain": PLAIN, "single": single}.get(arm) or case[arm]]


def _means(measured: list[Measured]) -> dict[str, float]:
    return {
        "quality": fmean(one.quality.quality for one in measured),
        "ssim": fmean(one.quality.ssim for one in measured),
        "edge": fmean(one.quality.edge for one in measured),
        "score": fmean(one.quality.score for one in measured),
        "kb": fmean(one.quality.byte_count for one in measured) / 1024,
        "paths": fmean(one.quality.path_count for one in measured),
        "ms": 1000 * fmean(one.seconds for one in measured),
        "failed": sum(one.failed for one in measured),
    }


def _shares(arms: dict[str, dict[str, float]]) -> dict[str, float | None]:
    low, high = arms["single"]["score"], arms["best"]["score"]
    return {
        arm: 100 * (arms[arm]["score"] - low) / (high - low) if high > low else None
        for arm in ("rules", "model", "label")
    }


def describe(results: dict[str, Any]) -> str:
    """Return the results as Markdown tables."""
    lines = [
        f"{results['uploads']} uploads. The best single preset is `{results['single_preset']}`.",
        "",
        "| type | arm | quality | SSIM | edge | score | KB | paths | ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, arms in results["means"].items():
        for arm, text in ARMS.items():
            m = arms[arm]
            lines.append(
                f"| {name} | {text} | {m['quality']:.4f} | {m['ssim']:.4f} | {m['edge']:.4f} "
                f"| {m['score']:.4f} | {m['kb']:.1f} | {m['paths']:.1f} | {m['ms']:.0f} |"
            )
    lines += ["", "| way from (b) to (f), % | rules | model | true label |", "|---|---|---|---|"]
    for name, shares in results["share_of_gain"].items():
        cells = ["-" if share is None else f"{share:.0f}" for share in shares.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
