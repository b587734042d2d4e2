"""Cells for tables that people open in a spreadsheet."""

from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula. Numbers stay as they are."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return cell
