"""`close_up`: a part of an upload, six times enlarged, beside drawings of it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from converter.benchmarks.checks import check_renderer


class Command(BaseCommand):
    """Writes a picture to look at with a critical eye."""

    help = "Write a picture of parts of uploads, six times enlarged, beside drawings of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the rows and the titles of their columns."""
        parser.add_argument(
            "--row",
            dest="rows",
            action="append",
            nargs="+",
            required=True,
            metavar=("UPLOAD", "LEFT,TOP,WIDTH,HEIGHT SVG"),
            help="an image, the part of it in pixels, and SVG files; may be repeated",
        )
        parser.add_argument("--titles", nargs="+", default=["upload", "drawing"])
        parser.add_argument("-o", "--output", type=Path, required=True, help="WebP or PNG file")

    def handle(self, *args: Any, **options: Any) -> None:
        check_renderer()
        from converter.benchmarks.close_ups import Row, close_ups
        from converter.benchmarks.rendering import RenderingError

        rows = []
        for upload, box, *drawings in options["rows"]:
            if len(drawings) + 1 != len(options["titles"]):
                raise CommandError("Give as many --titles as there are pictures in a row.")
            try:
                left, top, width, height = (int(edge) for edge in box.split(","))
            except ValueError as error:
                raise CommandError(f"{box} is no LEFT,TOP,WIDTH,HEIGHT in pixels.") from error
            parts = [Path(drawing) for drawing in drawings]
            rows.append(Row(Path(upload), (left, top, width, height), parts))
        try:
            picture = close_ups(rows, options["titles"])
        except (OSError, RenderingError) as error:
            raise CommandError(f"A picture cannot be made: {error}") from error
        picture.save(options["output"], quality=80, method=6)
        self.stdout.write(f"{options['output']}: {picture.width} x {picture.height} px")
