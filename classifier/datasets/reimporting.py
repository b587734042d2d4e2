"""Exports that come back: what their `labels.csv` says of each logo, if nobody changed it."""

import csv
import hashlib
import io
import json
import re
from typing import Any

from classifier.datasets import croissant
from classifier.models import Sample

_SHA256 = re.compile(r"[0-9a-f]{64}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_TAKEN = ("split", "brand", "package", "name", "licence", "background", "sha256", "measured_label")
_Row = dict[str, str]


def rows_of(files: dict[str, bytes]) -> dict[str, _Row]:
    """Return an export's table by path; nothing unless it is as its description says.

    Args:
        files: the content of `labels.csv` and `croissant.json`, as far as they were there.
    """
    table, description = files.get(croissant.TABLE), files.get(croissant.FILE)
    if table is None or description is None:
        return {}
    if hashlib.sha256(table).hexdigest() != _described_hash(description):
        return {}
    if b"\x00" in table:  # which no export writes, and PostgreSQL does not store
        return {}
    try:
        rows = list(csv.DictReader(io.StringIO(table.decode())))
    except (UnicodeDecodeError, csv.Error):
        return {}
    usable = [row for row in rows if _is_usable(row)]
    hashes = {row["sha256"] for row in usable}
    complete = len(usable) == len(rows) == len(hashes)
    return {row["path"]: row for row in usable} if complete else {}


def restore(samples: list[Sample], rows: dict[str, _Row]) -> bool:
    """Give unsaved samples what a table says of them; False, and nothing, if it lacks one.

    Their names are their paths in the import.
    """
    if any(sample.name not in rows for sample in samples):
        return False
    for sample in samples:
        row = rows[sample.name]
        for name in _TAKEN:
            value = row[name].removeprefix("'")  # an export's guard against formulas
            length = Sample._meta.get_field(name).max_length
            setattr(sample, name, value[:length])
    return True


def _described_hash(description: bytes) -> Any:
    try:
        files = json.loads(description)["distribution"]
        return next(file["sha256"] for file in files if file.get("@id") == croissant.TABLE)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError):
        return None


def _is_usable(row: _Row) -> bool:
    if None in row or any(row.get(name) is None for name in ("path", *_TAKEN)):
        return False
    return bool(
        _SHA256.fullmatch(row["sha256"])
        and _COLOUR.fullmatch(row["background"])
        and row["split"] in Sample.Split.values
        and row["brand"]
    )
