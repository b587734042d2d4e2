"""`measure_variants`: what a version's smaller forms are worth, and when which method answers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.inference.manifest import ModelError
from classifier.models import ModelVersion
from classifier.versions.origin import VariantError
from classifier.versions.router_fitting import fit_router
from classifier.versions.variants import measure_variants


class Command(BaseCommand):
    """Makes and measures the variants of a version, then fits its router."""

    help = "Measure a version's variants, let the smallest good one serve, and fit the router."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", help="name of a version")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line per variant and per way of answering."""

        version = ModelVersion.objects.filter(name=options["version"]).first()
        if version is None:
            raise CommandError(f"There is no version {options['version']!r}.")
        try:
            for row in measure_variants(version):
                self.stdout.write(
                    f"{row.kind}: {row.bytes / 1e6:.1f} MB, {row.accuracy:.2%} right, "
                    f"{row.agreement:.2%} as the original, {row.ms_one:.2f} ms"
                )
            self.stdout.write(f"{version} serves {version.manifest['onnx']}.")
            parts = [] if version.bundled else fit_router(version).report["parts"]
            for part in parts:
                self.stdout.write(f"{part['method']} answers {part['share']:.1%}")
        except (ModelError, VariantError) as error:
            raise CommandError(str(error)) from error
