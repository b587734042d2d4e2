"""`classify`: the types of image files, on the command line."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.images import ImageError
from classifier.inference.manifest import ModelError
from classifier.live import serving
from classifier.management.database import ensure_database

_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}


class Command(BaseCommand):
    """Print the type of each image, one per line. Needs no server."""

    help = "Classify image files. A folder stands for the images in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="image or folder")
        parser.add_argument(
            "--method",
            choices=["hybrid", "neural", "rules"],
            default="hybrid",
            help="hybrid (default): the model, or the rules where no model can serve",
        )
        parser.add_argument("--json", action="store_true", help="print JSON Lines")

    def handle(self, *args: Any, **options: Any) -> None:
        """Classify each file; a bad one does not stop the rest, but the exit code is 1."""
        ensure_database()
        failed = 0
        for path in _files(options["paths"]):
            result = self._classify(path, options["method"])
            failed += "error" in result
            self.stdout.write(json.dumps(result) if options["json"] else _line(result))
        if failed:
            sys.exit(1)

    def _classify(self, path: Path, method: str) -> dict[str, Any]:

        try:
            return {"path": str(path), **serving.classify(path, method).to_json()}
        except ImageError as error:
            return {"path": str(path), "error": str(error)}
        except ModelError as error:
            raise CommandError(f"No model can serve: {error}") from error


def _files(paths: list[Path]) -> Iterator[Path]:
    """Yield files as they are named, and the images under folders in order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file
                for file in path.rglob("*")
                if file.suffix.lower() in _SUFFIXES and file.is_file()
            )
        else:
            yield path


def _line(result: dict[str, Any]) -> str:
    if "error" in result:
        return f"{result['path']}: error: {result['error']}"
    unfamiliar = "; it does not look like a logo" if result["familiar"] is False else ""
    return (
        f"{result['path']}: {result['logo_type']} ({result['confidence']:.0%}, "
        f"{result['model_version'] or 'rules'}){unfamiliar}"
    )
