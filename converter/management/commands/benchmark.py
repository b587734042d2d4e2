"""`benchmark`: measure speed, memory or quality, as a table or as JSON."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string


class Command(BaseCommand):
    """Run one of the benchmarks that the setting BENCHMARKS names.

    A benchmark is a class with `help`, `add_arguments(parser)`, `measure(options) -> dict` of
    JSON values, and `describe(results) -> str`, its Markdown table.
    """

    help = "Measure speed, memory or quality: one benchmark at a time, on a machine that is idle."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the benchmark's name and its own options."""
        parsers = parser.add_subparsers(dest="benchmark", metavar="NAME", required=True)
        for name, path in settings.BENCHMARKS.items():
            benchmark = import_string(path)
            subparser = parsers.add_parser(name, help=benchmark.help, description=benchmark.help)
            subparser.add_argument("--json", action="store_true", help="print JSON only")
            benchmark().add_arguments(subparser)

    def handle(self, *args: Any, **options: Any) -> None:
        benchmark = import_string(settings.BENCHMARKS[options["benchmark"]])()
        results = benchmark.measure(options)
        self.stdout.write(json.dumps(results) if options["json"] else benchmark.describe(results))
