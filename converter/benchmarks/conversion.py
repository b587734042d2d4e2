"""`benchmark conversion`: what the classification is worth to the drawings."""

import multiprocessing
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from converter.benchmarks.checks import check_renderer
from converter.benchmarks.conversion_tables import describe, summarise
from converter.presets import PRESETS
from converter.routing import ClassifierUnavailableError, Policy, classifier_client, route

if TYPE_CHECKING:
    from converter.benchmarks.cases import Case
    from converter.benchmarks.logos import Measured

# One traced upload: the preset of each routed arm (that of `label` is its type), and `presets`,
# what each preset gave.
Row = dict[str, Any]


class ConversionBenchmark:
    """Traces test logos with every preset, and compares the ways to choose among them."""

    help = "Faults, size and time of drawings, by how their preset was chosen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the logos and how many."""
        parser.add_argument("--logos", type=Path, required=True, metavar="DIR",
                            help="written by export_dataset --vectors")  # fmt: skip
        parser.add_argument("--per-type", type=int, default=25, help="logos (default: 25)")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--jobs", type=int, default=2, help="logos at a time (default: 2)")

    def measure(self, options: dict[str, Any]) -> dict[str, Any]:
        """Trace, route and summarise; see `summarise` for what comes out."""
        check_renderer()
        from tqdm import tqdm

        from converter.benchmarks.logos import FORMATS, LogosError, read_logos

        try:
            logos = read_logos(options["logos"], "test", options["per_type"], options["seed"])
        except LogosError as error:
            raise CommandError(str(error)) from error
        rows: list[Row] = []
        # Fresh processes: a forked one would share this one's database connection.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(options["jobs"], mp_context=context) as pool:
            results = pool.map(measure_presets, logos)
            for logo, measured in tqdm(
                zip(logos, results, strict=True), total=len(logos), unit="logo"
            ):
                for form in FORMATS:
                    rows.append({**_routes(logo, form), "presets": measured[form]})
        return summarise(rows)

    def describe(self, results: dict[str, Any]) -> str:
        return describe(results)


def measure_presets(logo: "Case") -> dict[str, dict[str, "Measured"]]:
    """Trace a logo with each preset, as PNG and as JPEG."""
    from converter.benchmarks.logos import FORMATS, measure, truth_of

    found: dict[str, dict[str, Measured]] = {}
    for form in FORMATS:
        truth, of_settings = truth_of(logo, form), {}
        for preset in PRESETS.values():
            settings = preset.settings_for(form == "jpeg")
            if settings not in of_settings:
                of_settings[settings] = measure(logo, preset, form, truth)
            found.setdefault(form, {})[preset.name] = of_settings[settings]
    return found


def _routes(logo: "Case", form: str) -> dict[str, str]:
    """Return the preset that each routed arm chooses, as conversions would."""
    from converter.benchmarks.logos import FORMATS

    content, client = logo.upload(FORMATS[form]), classifier_client()
    policy = Policy.default()
    try:
        return {
            "rules": route(client.classify(content, "rules"), policy).preset,
            "model": route(client.classify(content), policy).preset,
            "label": logo.label,
            "name": logo.name,
        }
    except ClassifierUnavailableError as error:
        raise CommandError(f"The classifier gave no answer: {error}.") from error
