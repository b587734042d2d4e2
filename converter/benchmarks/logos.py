"""Logos whose vector source is known, and what a drawing of one is judged by."""

import csv
import hashlib
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from converter.benchmarks.cases import KINDS, Case
from converter.benchmarks.judging import Figures, Truth, judge, know
from converter.benchmarks.rendering import RenderingError
from converter.benchmarks.score import FAILED, faults
from converter.benchmarks.timing import cpu_seconds
from converter.conversion import read_upload
from converter.presets import LOGO_TYPES, Preset
from converter.tracing import TracingError, trace

FORMATS = {"png": KINDS["png256"], "jpeg": KINDS["jpeg60"]}


class LogosError(Exception):
    """The folder of logos cannot be used. The message says what to do."""


@dataclass(frozen=True)
class Measured:
    """One tracing: how good it was, and how long it took.

    Attributes:
        figures: what the judge found; None if tracing failed.
        milliseconds: CPU time of the tracing.
        digest: of the drawing; equal for equal drawings.
    """

    figures: Figures | None
    milliseconds: float
    digest: str = ""

    @property
    def faults(self) -> float:
        """Faults in points; 0 is perfect."""
        return faults(self.figures) if self.figures else FAILED


def read_logos(folder: Path, split: str, per_type: int, seed: int) -> list[Case]:
    """Return up to `per_type` logos of each type, drawn by chance, the same for the same seed.

    Raises:
        LogosError: if the folder was not written by `export_dataset --vectors`, or holds none.
    """
    by_type: dict[str, list[Case]] = defaultdict(list)
    try:
        with (folder / "labels.csv").open(newline="") as table:
            for row in sorted(csv.DictReader(table), key=lambda row: row["path"]):
                if row["split"] == split and row["source"]:
                    source = folder / row["source"]
                    red, green, blue = bytes.fromhex(row["background"].lstrip("#"))
                    by_type[row["label"]].append(
                        Case(source.stem, row["label"], source.read_text(), (red, green, blue))
                    )
    except (OSError, KeyError, ValueError) as error:
        raise LogosError(
            f"{folder} holds no logos with their sources. Write some with: "
            "python manage.py export_dataset --vectors -o FOLDER"
        ) from error
    chosen: list[Case] = []
    for logo_type in LOGO_TYPES:
        logos = by_type[logo_type]
        random.Random(seed).shuffle(logos)
        chosen += logos[:per_type]
    if not chosen:
        raise LogosError(f"{folder} holds no logo of the {split} split.")
    return chosen


def truth_of(case: Case, form: str) -> Truth | None:
    """Return what is known of a logo's source as such an upload; None if it cannot be rendered."""
    kind = FORMATS[form]
    try:
        return know(case.svg, case.size(kind), case.ground_of(kind))
    except RenderingError:
        return None


def measure(case: Case, preset: Preset, form: str, truth: Truth | None = None) -> Measured:
    """Trace a logo with a preset and judge the drawing by the source.

    Args:
        case: the logo.
        preset: how it is traced.
        form: of the upload, one of FORMATS.
        truth: what `truth_of` gave, if it is known already.
    """
    truth = truth or truth_of(case, form)
    if truth is None:
        return Measured(None, 0.0)
    logo = read_upload(case.upload(FORMATS[form]))
    began = cpu_seconds()
    try:
        svg = trace(logo, preset).svg
        milliseconds = 1000 * (cpu_seconds() - began)
        return Measured(judge(svg, truth), milliseconds, hashlib.sha256(svg.encode()).hexdigest())
    except (TracingError, RenderingError):
        return Measured(None, 1000 * (cpu_seconds() - began))
