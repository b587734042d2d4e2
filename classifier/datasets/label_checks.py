"""Searches for likely label errors as work for a worker, and what they leave with the samples."""

from collections.abc import Iterator

import numpy as np
from django.db import transaction

from classifier.data.suspicious import label_quality, out_of_sample_folds
from classifier.datasets.images import prepared_batches
from classifier.lib.progress import Tell
from classifier.logo_types import CLASS_NAMES
from classifier.models import Dataset, LabelCheck, Sample
from classifier.work.queue import enqueue

_INPUT_SIZE = 128
_SEEING = 0.7  # share of the time that goes into looking at the images


class LabelCheckError(Exception):
    """Labels cannot be checked; the message says why."""


def create_label_check(dataset: Dataset) -> LabelCheck:
    """Store a queued check, without telling a worker of it.

    Raises:
        LabelCheckError: if the dataset is not ready, or is being checked.
    """
    if dataset.status != Dataset.Status.READY:
        raise LabelCheckError(f"The dataset {dataset.name} is not ready.")
    with transaction.atomic():
        if dataset.label_checks.active().exists():
            raise LabelCheckError("The labels of this dataset are being checked already.")
        return LabelCheck.objects.create(dataset=dataset)


def start_label_check(dataset: Dataset) -> LabelCheck:
    """Store a check and give it to a worker once the transaction is over.

    Raises:
        LabelCheckError: if the dataset is not ready, or is being checked.
    """
    with transaction.atomic():
        check = create_label_check(dataset)
        enqueue(check)
    return check


def check_labels(dataset: Dataset, tell: Tell) -> list[Sample]:
    """Store how well each label of the splits fits; return the samples, most suspicious first.

    Raises:
        LabelCheckError: if a class has too few logos for the folds.
    """
    from classifier.training.features import backbone_features

    samples = list(dataset.samples.of_classes().exclude(split="").order_by("pk"))
    labels = np.array([CLASS_NAMES.index(sample.label) for sample in samples], int)
    brands = np.array([sample.brand for sample in samples])
    if len(set(labels)) < len(CLASS_NAMES) or len(set(brands)) < 2 * len(CLASS_NAMES):
        raise LabelCheckError("There are too few logos to check: each class needs several brands.")
    batches = _reported(prepared_batches(samples, _INPUT_SIZE), len(samples), tell)
    features = np.concatenate(list(backbone_features(batches)))
    probabilities = np.zeros((len(samples), len(CLASS_NAMES)))
    answered = 0
    for positions, answers in out_of_sample_folds(features, labels, brands):
        probabilities[positions] = answers
        answered += len(positions)
        tell(_SEEING + (1 - _SEEING) * answered / len(samples))
    for sample, quality, row in zip(
        samples, label_quality(labels, probabilities), probabilities, strict=True
    ):
        sample.label_quality = float(quality)
        sample.expected_label = CLASS_NAMES[int(row.argmax())]
    Sample.objects.bulk_update(samples, ["label_quality", "expected_label"], batch_size=500)
    return sorted(samples, key=lambda sample: sample.label_quality)


def _reported(batches: Iterator[np.ndarray], count: int, tell: Tell) -> Iterator[np.ndarray]:
    """Pass batches on, and tell how far they are."""
    seen = 0
    for batch in batches:
        yield batch
        seen += len(batch)
        tell(_SEEING * seen / count)
