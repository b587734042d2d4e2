"""`tune`: search for good settings in the foreground."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.management.commands.train import ProgressBar
from classifier.management.database import ensure_database
from classifier.management.datasets import find_dataset
from classifier.management.setting_arguments import add_settings, parse_settings
from classifier.models import Study, Trial
from classifier.studies.lifecycle import (
    StudyError,
    best_trial,
    cancel_study,
    create_study,
    create_trials,
    full_config,
    reopen,
)
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.search_space import PARAMETERS, Budget
from classifier.work import execution as work


class TrialBar(ProgressBar):
    """Draws a trial's bar, without a line per epoch."""

    def on_epoch(self, result: Any) -> None:
        """Say nothing."""


class Command(BaseCommand):
    """Carry out a study's trials one after the other, and print the best settings."""

    help = "Search for good settings by short trainings; Ctrl-C stops it, --resume goes on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a dataset and a budget, or a study to resume."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--dataset", metavar="NAME", help="search on this dataset")
        what.add_argument("--resume", metavar="STUDY", type=int, help="go on with this study")
        parser.add_argument("--trials", type=int, default=Budget.trials, help="default %(default)s")
        parser.add_argument(
            "--share",
            type=float,
            default=Budget.share,
            help="of the training images that a trial sees (default %(default)s)",
        )
        parser.add_argument(
            "--epochs", type=int, default=Budget.epochs, help="of a trial (default %(default)s)"
        )
        parser.add_argument(
            "--vary",
            metavar="SETTING",
            nargs="+",
            default=list(PARAMETERS),
            help=f"settings to search over (default: {', '.join(PARAMETERS)})",
        )
        add_settings(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_database()
        try:
            study = self._resumed(options["resume"]) if options["resume"] else _created(options)
        except (StudyError, InvalidConfigError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{study} on {study.dataset}: {study.trial_count} trials")
        try:
            while due := create_trials(study.pk):
                for trial in due:
                    self._carry_out(trial)
        except KeyboardInterrupt:
            cancel_study(study)
            raise CommandError(
                f"Stopped. Go on with: python manage.py tune --resume {study.pk}"
            ) from None
        self._conclude(study)

    def _resumed(self, number: int) -> Study:
        study = Study.objects.filter(pk=number).first()
        if study is None:
            raise CommandError(f"There is no study {number}.")
        reopen(study)
        return study

    def _carry_out(self, trial: Trial) -> None:
        with tqdm(total=100, bar_format="{l_bar}{bar}| {elapsed}", leave=False) as bar:
            ended = work.carry_out(trial, TrialBar(bar))
        if ended is None:
            return
        values = ", ".join(f"{name}={_short(value)}" for name, value in ended.values.items())
        reached = "" if ended.value is None else f" {ended.value:.4f}"
        self.stdout.write(
            f"trial {ended.number}: {ended.get_status_display()}{reached} {values} {ended.error}"
        )

    def _conclude(self, study: Study) -> None:
        study.refresh_from_db()
        best = best_trial(study)
        if study.status != Study.Status.SUCCEEDED or best is None:
            raise CommandError(f"{study} {study.get_status_display()}: {study.error}")
        config, defaults = full_config(best).to_json(), TrainingConfig()
        settings = " ".join(
            f"{name}={value}" for name, value in config.items() if value != getattr(defaults, name)
        )
        self.stdout.write(
            f"Best: trial {best.number}, validation accuracy {best.value:.4f}. A full run with it:"
        )
        self.stdout.write(
            f"python manage.py train --dataset {study.dataset.name} --set {settings}".rstrip()
        )


def _created(options: dict[str, Any]) -> Study:
    dataset = find_dataset(options["dataset"])
    config = TrainingConfig.from_json(parse_settings(options["set"]))
    budget = Budget(options["trials"], options["share"], options["epochs"])
    return create_study(dataset, config, budget, options["vary"])


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
