"""Evaluating versions: from stored samples to stored figures and answers."""

from collections.abc import Iterator, Sequence

import numpy as np
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError as QueueError
from PIL import Image

from classifier.logo_types import CLASS_NAMES
from classifier.models import Dataset, Evaluation, ModelVersion, Prediction, Sample

_BATCH = 64


class EvaluationError(Exception):
    """A version cannot be evaluated. The message says why."""


def evaluate_version(version: ModelVersion, dataset: Dataset, split: str) -> Evaluation:
    """Let a version answer for every image of a split; store the figures and the answers.

    Raises:
        EvaluationError: if the split has no images.
        ModelError: if the version's files cannot be used.
        UnreadableImageError: if an image of the dataset is broken or gone.
        InvalidPredictionsError: if the model answers NaN.
    """
    from classifier.evaluation.metrics import compute_metrics
    from classifier.inference.engine import Engine

    samples = _samples(dataset, split)
    engine = Engine.load(version.folder)
    answers = [
        engine.probabilities(batch) for batch in _batches(samples, engine.manifest.input_size)
    ]
    probabilities = np.concatenate(answers)
    labels = np.array([CLASS_NAMES.index(sample.label) for sample in samples])
    metrics = compute_metrics(labels, probabilities)
    return store_evaluation(version, dataset, split, metrics, samples, probabilities)


def store_evaluation(
    version: ModelVersion,
    dataset: Dataset,
    split: str,
    metrics: dict,
    samples: list[Sample],
    probabilities: np.ndarray,
) -> Evaluation:
    """Store an evaluation's figures with the answer for each sample.

    Args:
        version: what was evaluated.
        dataset: what it was evaluated on.
        split: of the dataset.
        metrics: see evaluation/metrics.py.
        samples: the images, in the order of the rows of `probabilities`.
        probabilities: float [N, classes].
    """
    with transaction.atomic():
        evaluation = Evaluation.objects.create(
            version=version,
            dataset=dataset,
            dataset_fingerprint=dataset.fingerprint,
            synthetic=dataset.is_synthetic,
            split=split,
            sample_count=metrics["sample_count"],
            accuracy=metrics["accuracy"],
            metrics=metrics,
        )
        Prediction.objects.bulk_create(
            (
                Prediction(
                    evaluation=evaluation,
                    sample=sample,
                    answer=CLASS_NAMES[int(row.argmax())],
                    confidence=float(row.max()),
                    probabilities=[round(float(value), 6) for value in row],
                )
                for sample, row in zip(samples, probabilities, strict=True)
            ),
            batch_size=500,
        )
    return evaluation


def enqueue_evaluation(version: ModelVersion, dataset: Dataset, split: str) -> None:
    """Give an evaluation to a worker once the transaction is over.

    Raises:
        EvaluationError: if the task queue cannot be reached (outside of a transaction).
    """
    transaction.on_commit(lambda: _enqueue(version.pk, dataset.pk, split))


def _enqueue(version_id: int, dataset_id: int, split: str) -> None:
    from classifier.tasks import evaluate

    try:
        evaluate.delay(version_id, dataset_id, split)
    except QueueError as error:
        raise EvaluationError("The task queue cannot be reached: start it (make run).") from error


def add_robustness(evaluation: Evaluation) -> None:
    """Measure an evaluation's images under corruptions, and store that with its figures.

    Raises:
        EvaluationError: if the dataset is gone.
        ModelError: if the version's files cannot be used.
        UnreadableImageError: if an image of the dataset is broken or gone.
    """
    from classifier.evaluation.robustness import measure_robustness
    from classifier.inference.engine import Engine
    from classifier.inference.preprocessing import compose, prepare, read_image

    if evaluation.dataset is None:
        raise EvaluationError("The dataset was deleted.")
    samples = _samples(evaluation.dataset, evaluation.split)
    engine = Engine.load(evaluation.version.folder)
    limit, size = settings.CLASSIFIER_MAX_PIXELS, engine.manifest.input_size
    images = [
        Image.fromarray(compose(read_image(sample.file, limit), sample.background))
        for sample in samples
    ]

    def answer(corrupted: Sequence[Image.Image]) -> np.ndarray:
        arrays = [prepare(image.convert("RGBA"), size) for image in corrupted]
        parts = [
            engine.probabilities(np.stack(arrays[start : start + _BATCH])).argmax(axis=1)
            for start in range(0, len(arrays), _BATCH)
        ]
        return np.concatenate(parts)

    labels = np.array([CLASS_NAMES.index(sample.label) for sample in samples])
    evaluation.metrics["robustness"] = list(measure_robustness(images, labels, answer))
    evaluation.save(update_fields=["metrics"])


def _samples(dataset: Dataset, split: str) -> list[Sample]:
    """Return a split's images.

    Raises:
        EvaluationError: if there are none.
    """
    samples = list(dataset.samples.filter(split=split, label__in=CLASS_NAMES).order_by("pk"))
    if not samples:
        raise EvaluationError(f"The dataset {dataset.name} has no images in its {split} split.")
    return samples


def _batches(samples: list[Sample], size: int) -> Iterator[np.ndarray]:
    """Yield uint8 images [some, size, size, 3], preprocessed as in serving."""
    from classifier.inference.preprocessing import prepare, read_image

    for start in range(0, len(samples), _BATCH):
        images = [
            prepare(
                read_image(sample.file, settings.CLASSIFIER_MAX_PIXELS), size, sample.background
            )
            for sample in samples[start : start + _BATCH]
        ]
        yield np.stack(images)
