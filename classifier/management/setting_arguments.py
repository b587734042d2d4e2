"""The argument --set KEY=VALUE of the commands that take training settings."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from django.core.management.base import CommandError

from classifier.training.config import TrainingConfig


def add_settings(parser: ArgumentParser) -> None:
    """Let a command take settings of a run."""
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        nargs="+",
        action="extend",
        default=[],
        help="settings: " + ", ".join(f"{f.name} ({f.default})" for f in fields(TrainingConfig)),
    )


def parse_settings(texts: Iterable[str]) -> dict[str, Any]:
    """Read "key=value" texts; what is not a JSON value is text.

    Raises:
        CommandError: for a text without "=".
    """
    return dict(_parse(text) for text in texts)


def _parse(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator:
        raise CommandError(f"--set takes KEY=VALUE, not {text!r}.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
