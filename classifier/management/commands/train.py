"""`train`: carry out a training run in the foreground."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.management.database import ensure_database
from classifier.management.setting_arguments import add_settings, parse_settings
from classifier.models import Dataset, ModelVersion, TrainingRun
from classifier.runs.execution import follow_run
from classifier.runs.lifecycle import RunError, create_run, requeue
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.reporting import EpochResult, StepResult
from classifier.work import execution as work


class ProgressBar:
    """An observer that draws a bar and prints a line per epoch."""

    def __init__(self, bar: tqdm) -> None:
        self.bar = bar

    def on_progress(self, stage: str, progress: float, seconds_left: float | None) -> None:
        left = "" if seconds_left is None else f", {tqdm.format_interval(seconds_left)} left"
        self.bar.set_description_str(f"{stage}{left}", refresh=False)
        self.bar.n = round(progress * 100, 1)
        self.bar.refresh()

    def on_step(self, result: StepResult) -> None:
        """Say nothing: the bar moves by `on_progress`."""

    def on_epoch(self, result: EpochResult) -> None:
        """Print what the epoch measured."""
        self.bar.write(
            f"epoch {result.epoch} ({result.stage}): "
            f"train loss {result.train_loss:.3f}, accuracy {result.train_accuracy:.3f}; "
            f"validation loss {result.val_loss:.3f}, accuracy {result.val_accuracy:.3f}; "
            f"{result.images_per_second:.0f} images/s, {result.seconds:.0f} s"
        )

    def on_checkpoint(self, path: Path) -> None:
        """Say nothing."""

    def should_stop(self) -> bool:
        """Go on: Ctrl-C stops the command."""
        return False


def carry_out(run: TrainingRun) -> ModelVersion:
    """Carry out a queued run in the foreground with a progress bar; return its version.

    Raises:
        CommandError: if the run does not succeed, or Ctrl-C stops it.
    """
    with tqdm(total=100, bar_format="{l_bar}{bar}| {elapsed}", leave=False) as bar:
        try:
            ended = work.carry_out(run, ProgressBar(bar))
        except KeyboardInterrupt:
            raise CommandError(
                f"Stopped. Go on with: python manage.py train --resume {run.pk}"
            ) from None
    if ended is None:
        raise CommandError(f"{run} was taken by a worker.")
    if ended.status != TrainingRun.Status.SUCCEEDED:
        raise CommandError(f"{run} {ended.get_status_display()}: {ended.error}")
    return ended.version


class Command(BaseCommand):
    """Train a model on a dataset, and register the version that comes of it."""

    help = "Train a model in the foreground; Ctrl-C stops it, --resume goes on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a dataset and settings, or a run to resume."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--dataset", metavar="NAME", help="train on this dataset")
        what.add_argument("--resume", metavar="RUN", type=int, help="go on with this run")
        add_settings(parser)
        parser.add_argument(
            "--processes", type=int, default=1, help="that share every batch, by torchrun"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from classifier.training import parallel

        ensure_database()
        if options["processes"] > 1:
            sys.exit(_spawn(options))
        with parallel.joined():
            if parallel.rank():
                follow_run(parallel.from_first(0))
            else:
                self._carry_out(options)

    def _carry_out(self, options: dict[str, Any]) -> None:
        from classifier.training import parallel

        try:
            run = self._resumed(options) if options["resume"] else self._created(options)
        except (RunError, InvalidConfigError) as error:
            raise CommandError(str(error)) from error
        parallel.from_first(run.pk)
        self.stdout.write(f"{run} on {run.dataset}")
        version = carry_out(run)
        evaluation = version.evaluations.get()
        self.stdout.write(
            f"Version {version}: accuracy {evaluation.accuracy:.4f} "
            f"on the {evaluation.sample_count} images of the test split."
        )

    def _created(self, options: dict[str, Any]) -> TrainingRun:
        dataset = Dataset.objects.filter(name=options["dataset"]).first()
        if dataset is None:
            names = ", ".join(Dataset.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no dataset {options['dataset']!r}; there are: {names}.")
        settings = parse_settings(options["set"])
        return create_run(dataset, TrainingConfig.from_json(settings))

    def _resumed(self, options: dict[str, Any]) -> TrainingRun:
        run = TrainingRun.objects.filter(pk=options["resume"]).first()
        if run is None:
            raise CommandError(f"There is no run {options['resume']}.")
        if options["set"]:
            raise CommandError("A resumed run keeps its settings: leave --set out.")
        if run.status != TrainingRun.Status.QUEUED:
            requeue(run)
        return run


def _spawn(options: dict[str, Any]) -> int:
    """Run this command under torchrun; return its exit status."""
    processes = options["processes"]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc-per-node={processes}", sys.argv[0], "train"]
    if options["resume"]:
        command += ["--resume", str(options["resume"])]
    else:
        command += ["--dataset", options["dataset"]]
    if options["set"]:
        command += ["--set", *options["set"]]
    threads = str(max(1, (os.cpu_count() or 1) // processes))
    return subprocess.call(command, env={"OMP_NUM_THREADS": threads, **os.environ})
