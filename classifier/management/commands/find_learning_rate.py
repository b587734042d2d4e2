"""`find_learning_rate`: carry out a learning-rate range test in the foreground."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.management.database import ensure_database
from classifier.management.setting_arguments import add_settings, parse_settings
from classifier.models import Dataset, RateTest
from classifier.runs.lifecycle import RunError
from classifier.runs.rate_tests import create_rate_test
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.reporting import SilentObserver
from classifier.work import execution as work


class _Bar(SilentObserver):
    def __init__(self, bar: tqdm) -> None:
        self.bar = bar

    def on_progress(self, stage: str, progress: float, seconds_left: float | None) -> None:
        self.bar.update(progress * 100 - self.bar.n)


class Command(BaseCommand):
    """Train for some steps at rising rates, and print the rate to use."""

    help = "Find a learning rate for some settings by a range test (Smith 2015)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a dataset, settings and a number of steps."""
        parser.add_argument("--dataset", metavar="NAME", required=True)
        parser.add_argument("--steps", type=int, default=100, help="default %(default)s")
        add_settings(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_database()
        test = self._created(options)
        with tqdm(total=100, bar_format="{l_bar}{bar}| {elapsed}", leave=False) as bar:
            try:
                ended = work.carry_out(test, _Bar(bar))
            except KeyboardInterrupt:
                raise CommandError("Stopped.") from None
        if ended is None or ended.status != RateTest.Status.SUCCEEDED:
            raise CommandError(ended.error if ended else f"{test} was taken by a worker.")
        if ended.suggested_rate is None:
            raise CommandError("The loss never fell: try more --steps, or a larger batch_size.")
        blew_up = f"; it blew up at {ended.diverged_rate:.2g}" if ended.diverged_rate else ""
        self.stdout.write(
            f"{test}: learning_rate={ended.suggested_rate:.2g}, "
            f"by {len(ended.curve)} steps of rising rates{blew_up}."
        )

    def _created(self, options: dict[str, Any]) -> RateTest:
        dataset = Dataset.objects.filter(name=options["dataset"]).first()
        if dataset is None:
            names = ", ".join(Dataset.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no dataset {options['dataset']!r}; there are: {names}.")
        try:
            config = TrainingConfig.from_json(parse_settings(options["set"]))
            return create_rate_test(dataset, config, options["steps"])
        except (RunError, InvalidConfigError) as error:
            raise CommandError(str(error)) from error
