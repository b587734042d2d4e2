"""What a dataset holds, in numbers."""

from collections import Counter
from typing import Any

from classifier.logo_types import AMBIGUOUS, CLASS_NAMES
from classifier.models import Dataset

SPLITS = ("train", "val", "test")


def summarize(dataset: Dataset) -> dict[str, Any]:
    """Return a dataset's counts by class, split and package, its drops and fingerprint, as JSON."""
    rows = list(dataset.samples.values_list("label", "split", "package", "measured_label"))
    labels = [*CLASS_NAMES, AMBIGUOUS]
    splits = Counter((label, split) for label, split, *_ in rows)
    packages: dict[str, Counter[str]] = {}
    for label, _, package, _ in rows:
        packages.setdefault(package, Counter())[label] += 1
    return {
        "name": dataset.name,
        "source": dataset.source,
        "status": dataset.status,
        "seed": dataset.seed,
        "fingerprint": dataset.fingerprint,
        "samples": len(rows),
        "in_splits": sum(split != "" for _, split, *_ in rows),
        "corrected": sum(measured not in ("", label) for label, _, _, measured in rows),
        "classes": {
            label: {
                "total": sum(splits[label, split] for split in (*SPLITS, "")),
                **{split: splits[label, split] for split in SPLITS},
            }
            for label in labels
        },
        "packages": {
            name: {label: counts[label] for label in labels}
            for name, counts in sorted(packages.items())
        },
        "dropped": dataset.dropped,
    }


def describe(summary: dict[str, Any]) -> str:
    """Return a summary as text for people."""
    lines = [f"{summary['in_splits']} logos in splits, {summary['samples']} in all", ""]
    lines.append(f"{'class':<12}{'total':>8}" + "".join(f"{split:>8}" for split in SPLITS))
    for label, counts in summary["classes"].items():
        lines.append(f"{label:<12}" + "".join(f"{counts[key]:>8}" for key in ("total", *SPLITS)))
    width = max(map(len, summary["packages"]), default=0) + 2
    lines += ["", f"{'package':<{width}}" + "".join(f"{name:>10}" for name in summary["classes"])]
    for package, counts in summary["packages"].items():
        lines.append(f"{package:<{width}}" + "".join(f"{n:>10}" for n in counts.values()))
    if summary["dropped"]:
        lines += ["", "left out"]
        lines += [f"{count:>8}  {reason}" for reason, count in summary["dropped"].items()]
    lines += ["", f"fingerprint {summary['fingerprint']}"]
    return "\n".join(lines)
