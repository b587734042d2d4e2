"""Labels that people gave. They are kept by source hash and win over the measures."""

import csv
from datetime import UTC, datetime
from pathlib import Path

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from classifier.logo_types import AMBIGUOUS, CLASS_NAMES
from classifier.models import LabelCorrection, Sample

REVIEWED = Path(__file__).with_name("corrections.csv")
FIELDS = ("sha256", "label", "measured_label", "note", "corrected_by", "corrected_at")


class CorrectionsError(ValueError):
    """A corrections file that cannot be read. The message names the line."""


def labels() -> dict[str, str]:
    """Return each corrected source hash with its label: the repository's file, then the database's.

    Raises:
        CorrectionsError: when the repository's file is damaged.
    """
    reviewed = {row["sha256"]: row["label"] for row in read(REVIEWED)}
    stored = LabelCorrection.objects.values_list("sha256", "label")
    return reviewed | dict(stored)


def correct(sample: Sample, label: str, username: str) -> LabelCorrection:
    """Store what a person says about a sample's label, in place of what was said before."""
    correction, _ = LabelCorrection.objects.update_or_create(
        sha256=sample.sha256,
        defaults={
            "label": label,
            "measured_label": sample.measured_label or sample.label,
            "corrected_by": username,
            "corrected_at": timezone.now(),
        },
    )
    return correction


def read(path: Path) -> list[dict[str, str]]:
    """Read a corrections file; a missing one is empty.

    Raises:
        CorrectionsError: for a missing column or an unknown label.
    """
    if not path.exists():
        return []
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    missing = set(FIELDS) - set(reader.fieldnames or FIELDS)
    if missing:
        raise CorrectionsError(f"{path.name} has no column {', '.join(sorted(missing))}.")
    for number, row in enumerate(rows, 2):
        if row["label"] not in (*CLASS_NAMES, AMBIGUOUS):
            raise CorrectionsError(f"{path.name}, line {number}: no label is {row['label']!r}.")
    return rows


def import_file(path: Path) -> int:
    """Store the corrections of a file that are newer than those known; return how many."""
    stored = 0
    for row in read(path):
        at = parse_datetime(row["corrected_at"]) or datetime.now(UTC)
        known = LabelCorrection.objects.filter(sha256=row["sha256"]).first()
        if known is None or known.corrected_at < at:
            values = {field: row[field] for field in FIELDS[1:-1]} | {"corrected_at": at}
            LabelCorrection.objects.update_or_create(sha256=row["sha256"], defaults=values)
            stored += 1
    return stored


def export_file(path: Path) -> int:
    """Write the file's and the database's corrections to a file, by hash; return how many."""
    rows = {row["sha256"]: row for row in read(path)}
    for correction in LabelCorrection.objects.all():
        values = {field: str(getattr(correction, field)) for field in FIELDS}
        rows[correction.sha256] = values | {"corrected_at": correction.corrected_at.isoformat()}
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[key] for key in sorted(rows))
    return len(rows)
