"""Pictures of what augmentation makes of a dataset's logos: drawn by a worker, kept as files."""

import hashlib
import json
import random
from os import getpid
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction

from classifier.conf import conf
from classifier.logo_types import CLASS_NAMES
from classifier.models import AugmentationPreview, Dataset
from classifier.training.config import TrainingConfig
from classifier.work.queue import enqueue

if TYPE_CHECKING:
    from classifier.training.dataset import LabelledImage

VIEWS = 7
PER_CLASS = 4
_FORMAT = "1"  # part of the names: change it when the same settings give another picture
_KEPT = 40  # pictures; older ones are deleted
_SHOWN_SETTINGS = ("augmentation", "flip", "input_size", "seed")  # what a picture depends on


def preview_config(config: TrainingConfig) -> dict[str, float | int | bool]:
    """Return the settings that a preview depends on."""
    values = config.to_json()
    return {name: values[name] for name in _SHOWN_SETTINGS}


def preview_path(dataset: Dataset, config: TrainingConfig) -> Path:
    """Return where the picture of a dataset under these settings is, or will be."""
    content = [_FORMAT, dataset.pk, dataset.fingerprint, preview_config(config)]
    key = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]
    return picture_path(key)


def picture_path(key: str) -> Path:
    """Return where the picture of that key is."""
    return Path(conf.ROOT) / "previews" / f"{key}.png"


def preview_images(
    dataset: Dataset, seed: int, per_class: int = PER_CLASS
) -> "list[LabelledImage]":
    """Return random training images of each class; the same seed gives the same ones."""
    from classifier.training.dataset import LabelledImage

    images = []
    for label, name in enumerate(CLASS_NAMES):
        samples = list(dataset.samples.filter(split="train", label=name).order_by("sha256"))
        chosen = random.Random(seed).sample(samples, min(per_class, len(samples)))
        images += [LabelledImage(s.file, label, s.background) for s in chosen]
    return images


def start_preview(dataset: Dataset, config: TrainingConfig) -> AugmentationPreview:
    """Store a preview and give it to a worker once the transaction is over.

    One of the same picture that waits or works already is returned instead.
    """
    key = preview_path(dataset, config).stem
    with transaction.atomic():
        active = AugmentationPreview.objects.active().filter(key=key).first()
        if active:
            return active
        preview = AugmentationPreview.objects.create(
            dataset=dataset, config=preview_config(config), key=key
        )
        enqueue(preview)
    return preview


def make_preview(dataset: Dataset, config: TrainingConfig) -> Path:
    """Draw the picture unless it is there; return its path.

    Raises:
        UnreadableImageError, ImageTooLargeError: for a file that cannot be read.
    """
    from classifier.training.preview import draw_preview

    path = preview_path(dataset, config)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{getpid()}.partial")
        draw_preview(preview_images(dataset, config.seed), config, VIEWS).save(draft, "PNG")
        draft.replace(path)
        _delete_old(path.parent)
        _delete_old_rows()
    return path


def _delete_old(folder: Path) -> None:
    newest = sorted(folder.glob("*.png"), key=lambda path: -path.stat().st_mtime)
    for path in newest[_KEPT:]:
        path.unlink(missing_ok=True)


def _delete_old_rows() -> None:
    over = AugmentationPreview.objects.exclude(status__in=AugmentationPreview.ACTIVE)
    newest = over.order_by("-created_at").values_list("pk", flat=True)[:_KEPT]
    over.exclude(pk__in=list(newest)).delete()
