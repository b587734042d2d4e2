"""`tune_presets`: search the tracer settings of each logo type."""

import json
import multiprocessing
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from converter.benchmarks.checks import check_renderer
from converter.presets import GENERAL, LOGO_TYPES, PRESETS


class Command(BaseCommand):
    """Prints what a person then puts into presets.py, each value with its reason."""

    help = "Search tracer settings on training logos, per type and for all types together."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the logos, and how long to search."""
        parser.add_argument("--logos", type=Path, required=True, metavar="DIR",
                            help="written by export_dataset --vectors")  # fmt: skip
        parser.add_argument("--type", dest="types", action="append", choices=[*LOGO_TYPES, GENERAL],
                            help="general is the best for all (default: each)")  # fmt: skip
        parser.add_argument("--format", dest="formats", action="append", choices=["png", "jpeg"],
                            help="of the uploads (default: each)")  # fmt: skip
        parser.add_argument("--per-type", type=int, default=12, help="logos (default: 12)")
        parser.add_argument("--trials", type=int, default=40, help="per type (default: 40)")
        parser.add_argument("--probe", action="store_true",
                            help="change one setting at a time: what is it worth?")  # fmt: skip
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--jobs", type=int, default=2, help="tracings at a time (default: 2)")
        parser.add_argument("--output", type=Path, help="write the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Search type by type, and print each finding when it is there."""
        check_renderer()
        from converter.benchmarks.logos import FORMATS, LogosError, read_logos
        from converter.tuning import probe, tune

        try:
            logos = read_logos(options["logos"], "train", options["per_type"], options["seed"])
        except LogosError as error:
            raise CommandError(str(error)) from error
        found: dict[str, Any] = {}
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(options["jobs"], mp_context=context) as pool:
            for name, kind in product(
                options["types"] or [*LOGO_TYPES, GENERAL], options["formats"] or FORMATS
            ):
                own = [logo for logo in logos if logo.label == name] if name != GENERAL else logos
                if not own:
                    raise CommandError(f"There is no {name} logo to search with.")
                if options["probe"]:
                    result = probe(own, PRESETS[name], kind, pool.map)
                    self._print_probe(f"{name} {kind}", result)
                else:
                    result = tune(
                        own, PRESETS[name], kind, options["trials"], options["seed"], pool.map
                    )
                    self._print(f"{name} {kind}", result)
                found[f"{name} {kind}"] = result
                if options["output"]:
                    options["output"].write_text(json.dumps(found, indent=2))

    def _print_probe(self, name: str, result: dict[str, Any]) -> None:
        self.stdout.write(f"{name}: faults {result['faults']:.3f}; with another value, more by")
        for setting, values in result["settings"].items():
            cells = (f"{value:.3g}: {found['more']:+.3f} ± {found['error']:.3f}"
                     for value, found in values.items())  # fmt: skip
            self.stdout.write(f"    {setting} {', '.join(cells)}")
        self.stdout.flush()

    def _print(self, name: str, result: dict[str, Any]) -> None:
        self.stdout.write(
            f"{name}: faults {result['faults']:.3f}, before {result['faults_before']:.3f} "
            f"({result['trials']} trials, {result['logos']} logos)"
        )
        for setting, value in result["settings"].items():
            self.stdout.write(f"    {setting}={value:.3g},")
        self.stdout.flush()
