"""`convert`: turn images into SVG files."""

import logging
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from converter.conversion import ConversionError, convert_logo, read_upload
from converter.images import RefusedImageError
from converter.presets import PRESETS


class Command(BaseCommand):
    """Convert logos to SVG, each with the preset of its type."""

    help = "Convert images to SVG. No server has to run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take images, and where their drawings go."""
        parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="an image file")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("-o", "--output", type=Path, help="the SVG file, for one image")
        where.add_argument("--out", type=Path, metavar="DIR", help="a folder for the SVG files")
        parser.add_argument("--preset", choices=list(PRESETS), default="", help="skip classifying")
        parser.add_argument("--jobs", type=int, default=2, help="images at a time (default: 2)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Convert each image; go on after one that can't be, and fail at the end."""
        pairs = _destinations(options["paths"], options["output"], options["out"])
        if "django_session" not in connection.introspection.table_names():
            call_command("migrate", verbosity=0)
        preset = options["preset"]
        # The command asks this very process for each type: those requests are no news.
        logging.getLogger("converter.monitoring.request_log").setLevel(logging.WARNING)
        with ThreadPoolExecutor(max(1, options["jobs"])) as pool:
            results = pool.map(lambda pair: _convert(*pair, preset), pairs)
            bar = tqdm(results, total=len(pairs), unit="logo", disable=len(pairs) == 1)
            lines = [(line, failed) for line, failed in bar]
        for line, failed in lines:
            (self.stderr if failed else self.stdout).write(line)
        failures = sum(failed for _, failed in lines)
        if failures:
            raise CommandError(f"{failures} of {len(lines)} images could not be converted.")


def _destinations(
    paths: list[Path], output: Path | None, folder: Path | None
) -> list[tuple[Path, Path]]:
    if output:
        if len(paths) > 1:
            raise CommandError("-o takes one image; use --out DIR for several.")
        return [(paths[0], output)]
    names = [path.with_suffix(".svg").name for path in paths]
    double = next((name for name in names if names.count(name) > 1), None)
    if double:
        raise CommandError(f"Two of the images would both become {double}. Rename one of them.")
    folder.mkdir(parents=True, exist_ok=True)
    return [(path, folder / name) for path, name in zip(paths, names, strict=True)]


def _convert(source: Path, destination: Path, preset: str) -> tuple[str, bool]:
    """Convert one image; return a line about it, and whether it failed."""
    try:
        content = source.read_bytes()
        result = convert_logo(content, read_upload(content), preset)
        draft = destination.with_name(f".{destination.name}.partial")
        draft.write_text(result.drawing.svg)
        draft.replace(destination)
    except OSError as error:
        return f"{source}: {error.strerror}", True
    except (RefusedImageError, ConversionError) as error:
        return f"{source}: {error}", True
    finally:
        connection.close()  # each thread opened one of its own
    line = f"{source} -> {destination}: {result.preset}, fidelity {result.fidelity:.3f}"
    return (f"{line}. {result.notice}" if result.notice else line), False
