"""The promotion gate: what a version must reach before it should serve."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MIN_ACCURACY = 0.85
MIN_CLASS_ACCURACY = 0.80
MAX_CALIBRATION_ERROR = 0.05
MAX_BYTES = 30 * 10**6


@dataclass(frozen=True)
class Check:
    """One question of the gate. `passed` is None where it cannot be answered."""

    name: str
    found: str
    wanted: str
    passed: bool | None


def check_gate(
    metrics: Mapping[str, Any], size_bytes: int, production: Mapping[str, Any] | None = None
) -> list[Check]:
    """Return each check of a version.

    Args:
        metrics: of the test split, see `compute_metrics`.
        size_bytes: of the file that serves.
        production: metrics of the version that serves, on the same split, if there are any.
    """
    accuracy, error = metrics["accuracy"], metrics["expected_calibration_error"]
    known = {n: c["accuracy"] for n, c in metrics["per_class"].items() if c["support"]}
    worst = min(known, key=known.__getitem__)
    complete = len(known) == len(metrics["per_class"])
    return [
        Check("Accuracy", f"{accuracy:.1%}", f"above {MIN_ACCURACY:.0%}", accuracy > MIN_ACCURACY),
        Check(
            "Each class",
            f"{worst} {known[worst]:.1%}" + ("" if complete else ", a class has no images"),
            f"above {MIN_CLASS_ACCURACY:.0%}",
            complete and known[worst] > MIN_CLASS_ACCURACY,
        ),
        Check(
            "Calibration error",
            f"{error:.1%}",
            f"below {MAX_CALIBRATION_ERROR:.0%}",
            error < MAX_CALIBRATION_ERROR,
        ),
        Check(
            "Size",
            f"{size_bytes / 1e6:.1f} MB",
            f"below {MAX_BYTES / 1e6:.0f} MB",
            0 < size_bytes < MAX_BYTES,
        ),
        _against_production(metrics, production),
    ]


def _against_production(metrics: Mapping[str, Any], production: Mapping[str, Any] | None) -> Check:
    name = "Against production"
    if production is None:
        return Check(name, "nothing to compare with", "not worse beyond the interval", None)
    low, high = metrics["intervals"]["accuracy"]
    return Check(
        name,
        f"{low:.1%} to {high:.1%}",
        f"reaching {production['accuracy']:.1%}",
        high >= production["accuracy"],
    )
