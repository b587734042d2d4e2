"""`preview_augmentation`: a picture of logos beside what augmentation makes of them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.datasets.previews import PER_CLASS, VIEWS, preview_images
from classifier.management.datasets import find_dataset
from classifier.management.setting_arguments import add_settings, parse_settings
from classifier.training.config import InvalidConfigError, TrainingConfig


class Command(BaseCommand):
    """Draw training logos of each class, each beside random views, as a run would see them."""

    help = "Draw logos beside augmented views, to see whether they are still recognisable."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the dataset, the settings and how much is drawn."""
        parser.add_argument("--dataset", metavar="NAME", help="default: the newest")
        add_settings(parser)
        parser.add_argument("--per-class", type=int, default=PER_CLASS, help="logos of each class")
        parser.add_argument("--views", type=int, default=VIEWS, help="augmented views of each logo")
        parser.add_argument("-o", "--out", type=Path, default=Path("augmentation.png"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Draw the picture and save it."""
        from classifier.training.preview import draw_preview

        if min(options["per_class"], options["views"]) < 1:
            raise CommandError("--per-class and --views must be at least 1.")
        try:
            config = TrainingConfig.from_json(parse_settings(options["set"]))
        except InvalidConfigError as error:
            raise CommandError(str(error)) from error
        dataset = find_dataset(options["dataset"])
        images = preview_images(dataset, config.seed, options["per_class"])
        if not images:
            raise CommandError(f"{dataset} has no labelled training logos.")
        try:
            draw_preview(images, config, options["views"]).save(options["out"])
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['out']} cannot be written: {error}") from error
        self.stdout.write(f"{options['out']}: {len(images)} logos of {dataset}")
