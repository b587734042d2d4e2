"""A dataset's images as training takes them."""

from typing import TYPE_CHECKING, Any

from django.db.models import Count

from classifier.logo_types import CLASS_NAMES
from classifier.models import Dataset
from classifier.training.errors import TrainingStoppedError
from classifier.training.reporting import SilentObserver, TrainingObserver

if TYPE_CHECKING:
    from classifier.datasets.twins import Twin
    from classifier.training.dataset import TrainingData


def split_counts(dataset: Dataset) -> dict[str, dict[str, int]]:
    """Count a dataset's images by split and class name."""
    counts: dict[str, dict[str, int]] = {"train": {}, "val": {}, "test": {}}
    rows = dataset.samples.order_by().values_list("split", "label").annotate(Count("pk"))
    for split, label, count in rows:
        if split in counts and label in CLASS_NAMES:
            counts[split][label] = count
    return counts


def training_data(
    dataset: Dataset, twins: bool = False, observer: TrainingObserver | None = None
) -> "TrainingData":
    """Return a dataset's images by split; with `twins`, the training logos' twins among them.

    Raises:
        TrainingStoppedError: when the observer asks for it while twins are drawn.
    """
    from classifier.training.dataset import LabelledImage, TrainingData

    splits: dict[str, list[LabelledImage]] = {"train": [], "val": [], "test": []}
    for sample in dataset.samples.of_classes().filter(split__in=splits):
        path = dataset.folder / sample.path
        label = CLASS_NAMES.index(sample.label)
        splits[sample.split].append(LabelledImage(path, label, sample.background))
    for twin in _twins(dataset, observer or SilentObserver()) if twins else []:
        label = CLASS_NAMES.index(twin.label)
        splits["train"].append(LabelledImage(dataset.folder / twin.path, label, twin.background))
    return TrainingData(**splits, cache=dataset.folder / "arrays")


def _twins(dataset: Dataset, observer: TrainingObserver) -> "list[Twin]":
    from classifier.datasets.twins import training_twins

    def tell(share: float) -> None:
        observer.on_progress("twins", 0.0, None)
        if observer.should_stop():
            raise TrainingStoppedError

    return training_twins(dataset, tell)


def provenance(dataset: Dataset) -> dict[str, Any]:
    """Say what a version was trained on, for its manifest."""
    return {
        "name": dataset.name,
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "counts": split_counts(dataset),
    }
