"""The numbers behind a chart: one table, given as JSON records or as CSV."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse

from classifier.lib.tables import harmless

FORMATS = ("csv", "json")
_UNSAFE = re.compile(r"[^\w.-]+", re.ASCII)  # a line break would end the header


@dataclass(frozen=True)
class Table:
    """Column names, and rows of plain values in the same order."""

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    @classmethod
    def of_records(cls, name: str, columns: Iterable[str], records: Iterable[dict]) -> "Table":
        """Build a table from dicts; what a dict lacks is empty."""
        columns = tuple(columns)
        return cls(name, columns, [tuple(r.get(c) for c in columns) for r in records])

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as dicts by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def respond(self, file_format: str) -> HttpResponse:
        """Answer with the table as `csv` or `json`.

        Raises:
            Http404: for another format.
        """
        if file_format == "json":
            return JsonResponse(self.records(), safe=False)
        if file_format != "csv":
            raise Http404(f"Formats are {' and '.join(FORMATS)}.")
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        name = _UNSAFE.sub("-", self.name)[:100]
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        writer = csv.writer(response)
        writer.writerow(self.columns)
        writer.writerows([harmless(cell) for cell in row] for row in self.rows)
        return response
