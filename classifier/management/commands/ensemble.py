"""`ensemble`: make one version of several."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.inference.manifest import ModelError
from classifier.management.database import ensure_database
from classifier.models import ModelVersion
from classifier.versions.ensembles import EnsembleError, create_ensemble


class Command(BaseCommand):
    """Average versions in one graph, calibrate and test it, and register it as a candidate."""

    help = "Make an ensemble of versions: a version that averages their probabilities."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("versions", nargs="+", metavar="VERSION", help="names of versions")

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_database()
        found = ModelVersion.objects.in_bulk(options["versions"], field_name="name")
        missing = [name for name in options["versions"] if name not in found]
        if missing:
            names = ", ".join(ModelVersion.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no version {missing[0]!r}; there are: {names}.")
        try:
            version = create_ensemble(list(found.values()))
        except (EnsembleError, ModelError) as error:
            raise CommandError(str(error)) from error
        evaluation = version.evaluations.get()
        self.stdout.write(
            f"Version {version}: accuracy {evaluation.accuracy:.4f} "
            f"on the {evaluation.sample_count} images of the test split."
        )
