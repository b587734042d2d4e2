"""Confusion matrices as tables."""

from typing import Any

from classifier.logo_types import CLASS_NAMES


def matrix_rows(confusion: list[list[int]]) -> list[dict[str, Any]]:
    """Return a confusion matrix's rows with each cell's share of its row; none if it is empty."""
    rows = []
    for truth, counts in zip(CLASS_NAMES, confusion, strict=False):
        total = sum(counts)
        cells = [
            {
                "answer": answer,
                "count": count,
                "share": count / total if total else 0,
                "right": answer == truth,
            }
            for answer, count in zip(CLASS_NAMES, counts, strict=True)
        ]
        rows.append({"truth": truth, "cells": cells, "total": total})
    return rows
