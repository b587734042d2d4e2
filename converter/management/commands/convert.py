"""`convert`: turn images into SVG, PDF, EPS, PNG or DXF files."""

import logging
from argparse import ArgumentParser, BooleanOptionalAction
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from converter.adjusting.ground import CHOICES, KEEP
from converter.adjusting.options import (
    OPTIONS,
    AdjustmentError,
    Adjustments,
    check_adjustable,
)
from converter.conversion import Choice, ConversionError
from converter.images import RefusedImageError
from converter.intake import convert_file
from converter.outputs.formats import (
    DEFAULT_MM,
    DEFAULT_SIDE,
    FORMATS,
    MAX_MM,
    OutputError,
    OutputOptions,
    make,
)
from converter.outputs.png import MAX_SIDE
from converter.presets import PRESETS

_DECODER_SECONDS = 600.0


class Command(BaseCommand):
    """Convert logos, each with the preset of its type."""

    help = "Convert images to SVG, PDF, EPS, PNG or DXF. No server has to run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take images, and where their drawings go."""
        parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="an image file")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument(
            "-o", "--output", type=Path, help="the file, for one image; its suffix says the format"
        )
        where.add_argument("--out", type=Path, metavar="DIR", help="a folder for the files")
        parser.add_argument("--preset", choices=list(PRESETS), default="", help="skip classifying")
        parser.add_argument(
            "--format",
            action="append",
            choices=list(FORMATS),
            dest="formats",
            help="of the files, may be given several times (default: svg)",
        )
        parser.add_argument(
            "--size",
            type=int,
            default=DEFAULT_SIDE,
            help=f"long side of a PNG in pixels, 1 to {MAX_SIDE} (default: {DEFAULT_SIDE})",
        )
        parser.add_argument(
            "--background", default="", help="colour behind a PNG (default: transparent)"
        )
        parser.add_argument(
            "--width-mm",
            type=float,
            default=DEFAULT_MM,
            help=f"width of a DXF in millimetres, 1 to {MAX_MM} (default: {DEFAULT_MM:.0f})",
        )
        _add_adjustments(parser)
        parser.add_argument("--jobs", type=int, default=2, help="images at a time (default: 2)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Convert each image; go on after one that can't be, and fail at the end."""
        try:
            outputs = OutputOptions(options["size"], options["background"], options["width_mm"])
            choice = Choice(options["preset"], adjustments=Adjustments.of(options))
            check_adjustable(choice.preset, choice.adjustments)
        except (OutputError, AdjustmentError) as error:
            raise CommandError(str(error)) from error
        pairs = _destinations(
            options["paths"], options["output"], options["out"], options["formats"]
        )
        if "django_session" not in connection.introspection.table_names():
            call_command("migrate", verbosity=0)
        # The command asks this very process for each type: those requests are no news.
        logging.getLogger("converter.monitoring.request_log").setLevel(logging.WARNING)
        with ThreadPoolExecutor(max(1, options["jobs"])) as pool:
            results = pool.map(lambda pair: _convert(*pair, choice, outputs), pairs)
            bar = tqdm(results, total=len(pairs), unit="logo", disable=len(pairs) == 1)
            lines = [(line, failed) for line, failed in bar]
        for line, failed in lines:
            (self.stderr if failed else self.stdout).write(line)
        failures = sum(failed for _, failed in lines)
        if failures:
            raise CommandError(f"{failures} of {len(lines)} images could not be converted.")


def _add_adjustments(parser: ArgumentParser) -> None:
    """Take what page and API can change of a preset, under the same names."""
    group = parser.add_argument_group("what is changed of the preset")
    for option in OPTIONS.values():
        if option.kind is bool:
            group.add_argument(
                f"--{option.name}", action=BooleanOptionalAction, default=None, help=option.about
            )
            continue
        span = f"{option.low:g} to {option.high:g}{f' {option.unit}' if option.unit else ''}"
        about = f"{option.about} {span}; without it as the preset says"
        group.add_argument(f"--{option.name}", type=option.kind, help=about)
    group.add_argument(
        "--ground", default=KEEP, help=f"{', '.join(CHOICES)}, or a colour (default: {KEEP})"
    )
    group.add_argument("--palette", default="", help="colours to snap to, such as '#036, #f80'")
    group.add_argument("--recolour", default="", help="pairs old:new, such as '#f80:#036'")


def _destinations(
    paths: list[Path], output: Path | None, folder: Path | None, formats: list[str] | None
) -> list[tuple[Path, dict[str, Path]]]:
    """Return each image with the files that it becomes, by format."""
    if output:
        if len(paths) > 1:
            raise CommandError("-o takes one image; use --out DIR for several.")
        if formats and len(formats) > 1:
            raise CommandError("-o takes one format; use --out DIR for several.")
        return [(paths[0], {formats[0] if formats else _format_of(output): output})]
    suffixes = {name: FORMATS[name].suffix for name in formats or ["svg"]}
    stems = [path.stem for path in paths]
    double = next((stem for stem in stems if stems.count(stem) > 1), None)
    if double:
        suffix = next(iter(suffixes.values()))
        raise CommandError(
            f"Two of the images would both become {double}{suffix}. Rename one of them."
        )
    folder.mkdir(parents=True, exist_ok=True)
    return [
        (path, {name: folder / f"{path.stem}{suffix}" for name, suffix in suffixes.items()})
        for path in paths
    ]


def _format_of(path: Path) -> str:
    """Return the format that a file's name says; SVG if it says nothing."""
    named = {output.suffix: output.name for output in FORMATS.values()}
    suffix = path.suffix.lower() or ".svg"
    if suffix not in named:
        raise CommandError(
            f"{path}: no format has the suffix {suffix}; use one of {', '.join(named)}."
        )
    return named[suffix]


def _convert(
    source: Path,
    destinations: dict[str, Path],
    choice: Choice,
    outputs: OutputOptions,
) -> tuple[str, bool]:
    """Convert one image; return a line about it, and whether it failed."""
    try:
        content = source.read_bytes()
        _, result = convert_file(content, choice, _DECODER_SECONDS)
        for name, destination in destinations.items():
            draft = destination.with_name(f".{destination.name}.partial")
            draft.write_bytes(make(result.drawing.svg, name, replace(outputs, title=source.stem)))
            draft.replace(destination)
    except OSError as error:
        return f"{source}: {error.strerror}", True
    except (RefusedImageError, ConversionError, OutputError) as error:
        return f"{source}: {error}", True
    finally:
        connection.close()  # each thread opened one of its own
    written = ", ".join(map(str, destinations.values()))
    line = f"{source} -> {written}: {result.preset}, fidelity {result.fidelity:.3f}"
    return (f"{line}. {result.notice}" if result.notice else line), False
