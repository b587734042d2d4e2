"""What `benchmark conversion` says, as data and as tables."""

from itertools import combinations
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

import numpy as np

from converter.presets import GENERAL, LOGO_TYPES, PLAIN, PRESETS

if TYPE_CHECKING:
    from converter.benchmarks.logos import Measured

ARMS = {
    "plain": "(a) tracer defaults",
    "single": "(b) best single preset",
    "rules": "(c) routed by the rules",
    "model": "(d) routed by the production model",
    "label": "(e) routed by the true label",
    "best": "(f) best preset of each image",
}
_ALL = "all"
_RESAMPLED = 2000
Row = dict[str, Any]


def summarise(rows: list[Row]) -> dict[str, Any]:
    """Return the means by arm and type, and the share of the possible gain that routing gets.

    The single preset is the one with the fewest faults on these very logos: a hard comparison for
    the routing. Shares are 100 x (single - arm) / (single - best), in faults.

    Returns:
        uploads, single_preset, means and share_of_gain by type and arm; by_preset: faults of each
        preset on the logos of each type; right_type: how many faults fewer each type's preset has
        than the general one on its own type, with an interval of 95 %; same: for each two presets,
        the share of uploads that they draw alike to the byte.
    """
    single = min(
        (name for name in PRESETS if name != PLAIN),
        key=lambda name: fmean(row["presets"][name].faults for row in rows),
    )
    groups = {name: [row for row in rows if row["label"] == name] for name in LOGO_TYPES}
    groups = {name: group for name, group in groups.items() if group} | {_ALL: rows}
    means = {
        name: {arm: _means([_chosen(row, arm, single) for row in group]) for arm in ARMS}
        for name, group in groups.items()
    }
    return {
        "uploads": len(rows),
        "single_preset": single,
        "means": means,
        "share_of_gain": {name: _shares(arms) for name, arms in means.items()},
        "by_preset": {
            name: {preset: fmean(row["presets"][preset].faults for row in group)
                   for preset in PRESETS}
            for name, group in groups.items()
        },
        "right_type": {name: _fewer(group) for name, group in groups.items() if name != _ALL},
        "same": {
            f"{first} {second}": fmean(_same(row, first, second) for row in rows)
            for first, second in combinations(PRESETS, 2)
        },
    }  # fmt: skip


def _chosen(row: Row, arm: str, single: str) -> "Measured":
    presets = row["presets"]
    if arm == "best":
        return min(presets.values(), key=lambda measured: measured.faults)
    return presets[{"plain": PLAIN, "single": single}.get(arm) or row[arm]]


def _fewer(rows: list[Row]) -> dict[str, float]:
    """Return the mean difference and its interval, by resampling logos: Efron, 1979."""
    by_logo: dict[str, list[float]] = {}
    for row in rows:
        presets = row["presets"]
        fewer = presets[GENERAL].faults - presets[row["label"]].faults
        by_logo.setdefault(row["name"], []).append(fewer)
    means = np.array([fmean(each) for each in by_logo.values()])
    drawn = np.random.default_rng(0).choice(means, (_RESAMPLED, len(means))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"mean": float(means.mean()), "low": float(low), "high": float(high)}


def _same(row: Row, first: str, second: str) -> bool:
    one, other = row["presets"][first], row["presets"][second]
    return bool(one.digest) and one.digest == other.digest


def _means(measured: list["Measured"]) -> dict[str, float]:
    """Return the means; failures count in the faults only."""
    figures = [one.figures for one in measured if one.figures]
    means = {
        "faults": fmean(one.faults for one in measured),
        "ms": median(one.milliseconds for one in measured),
        "failed": len(measured) - len(figures),
    }
    if not figures:
        return means | dict.fromkeys(("turn", "off", "colour", "nodes_ratio", "kb"), 0.0)
    return means | {
        "turn": fmean(one.outlines.turn for one in figures),
        "off": fmean(one.outlines.off for one in figures),
        "colour": fmean(one.colour for one in figures),
        "nodes_ratio": median(one.nodes_ratio for one in figures),
        "kb": fmean(one.byte_count for one in figures) / 1024,
    }


def _shares(arms: dict[str, dict[str, float]]) -> dict[str, float | None]:
    worst, best = arms["single"]["faults"], arms["best"]["faults"]
    return {
        arm: 100 * (worst - arms[arm]["faults"]) / (worst - best) if best < worst else None
        for arm in ("rules", "model", "label")
    }


def describe(results: dict[str, Any]) -> str:
    """Return the results as Markdown tables."""
    lines = [
        f"{results['uploads']} uploads. The best single preset is `{results['single_preset']}`.",
        "",
        "| type | arm | faults | turn | off | CIEDE2000 | nodes of the source's | KB | CPU ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, arms in results["means"].items():
        for arm, text in ARMS.items():
            m = arms[arm]
            lines.append(
                f"| {name} | {text} | {m['faults']:.2f} | {m['turn']:.2f} | {m['off']:.3f} "
                f"| {m['colour']:.2f} | {m['nodes_ratio']:.1f} | {m['kb']:.1f} | {m['ms']:.0f} |"
            )
    lines += ["", "| way from (b) to (f), % | rules | model | true label |", "|---|---|---|---|"]
    for name, shares in results["share_of_gain"].items():
        cells = ["-" if share is None else f"{share:.0f}" for share in shares.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    presets = list(PRESETS)
    lines += ["", f"| faults on | {' | '.join(presets)} |", "|---" * (len(presets) + 1) + "|"]
    for name, found in results["by_preset"].items():
        lines.append(f"| {name} | {' | '.join(f'{found[preset]:.2f}' for preset in presets)} |")
    lines += [
        "",
        "| the type's preset against `general` on its own type | faults fewer |",
        "|---|---|",
    ]
    lines += [
        f"| {name} | {found['mean']:.2f} ({found['low']:.2f} to {found['high']:.2f}) |"
        for name, found in results["right_type"].items()
    ]
    alike = [f"{pair.replace(' ', ' and ')} {share:.0%}"
             for pair, share in results["same"].items() if share]  # fmt: skip
    lines += ["", f"Drawn alike to the byte: {', '.join(alike) or 'no upload'}."]
    return "\n".join(lines)
