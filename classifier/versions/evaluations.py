"""Evaluating versions: from stored samples to stored figures and answers."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction
from django.db.models import F
from PIL import Image

from classifier.conf import conf
from classifier.datasets.images import BATCH, prepared_batches
from classifier.inference.preprocessing import compose, prepare, read_image
from classifier.lib.progress import Tell, silent
from classifier.logo_types import CLASS_NAMES
from classifier.models import Dataset, Evaluation, ModelVersion, Prediction, Sample

if TYPE_CHECKING:
    from classifier.inference.router import Answer


class EvaluationError(Exception):
    """A version cannot be evaluated. The message says why."""


def evaluate_version(
    version: ModelVersion, dataset: Dataset, split: str, tell: Tell = silent
) -> Evaluation:
    """Let a version's model answer for every image of a split; store figures and answers.

    `tell` hears of the share done, 0 to 1; what it raises ends the evaluation.

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
    answers = []
    for batch in prepared_batches(samples, engine.manifest.input_size):
        answers.append(engine.probabilities(batch))
        tell(min(len(answers) * BATCH / len(samples), 1))
    probabilities = np.concatenate(answers)
    metrics = compute_metrics(_labels(samples), probabilities, clusters=clusters_of(samples))
    return store_evaluation(version, dataset, split, metrics, samples, probabilities)


def store_evaluation(
    version: ModelVersion,
    dataset: Dataset,
    split: str,
    metrics: dict,
    samples: list[Sample],
    probabilities: np.ndarray,
    method: str = Evaluation.Method.NEURAL,
) -> Evaluation:
    """Store an evaluation's figures with the answer for each sample.

    Args:
        version: what was evaluated.
        dataset: what it was evaluated on.
        split: of the dataset.
        metrics: see evaluation/metrics.py.
        samples: the images, in the order of the rows of `probabilities`.
        probabilities: float [N, classes].
        method: that was asked for.
    """
    with transaction.atomic():
        evaluation = Evaluation.objects.create(
            version=version,
            dataset=dataset,
            dataset_fingerprint=dataset.fingerprint,
            synthetic=dataset.is_synthetic,
            split=split,
            method=method,
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


def evaluate_method(
    version: ModelVersion, dataset: Dataset, split: str, method: str, tell: Tell = silent
) -> Evaluation:
    """Ask for every image of a split as the API does, by one method; store what was answered.

    The figures also say which share of the images the rules and the model answered, and the
    median time of each in milliseconds.

    Raises:
        EvaluationError, ModelError, UnreadableImageError: as `evaluate_version`.
    """
    from classifier.evaluation.metrics import compute_metrics
    from classifier.inference.engine import Engine
    from classifier.inference.router import Method, answer

    samples = _samples(dataset, split)
    engine = Engine.load(version.folder)
    answers = []
    for number, sample in enumerate(samples):
        tell(number / len(samples))
        answers.append(answer(partial(_composed, sample), engine, Method(method)))
    probabilities = np.array([[a.probabilities[name] for name in CLASS_NAMES] for a in answers])
    metrics = compute_metrics(_labels(samples), probabilities, clusters=clusters_of(samples))
    metrics["answered_by"] = _shares(answers)
    return store_evaluation(version, dataset, split, metrics, samples, probabilities, method)


def _composed(sample: Sample) -> Image.Image:
    """Return a sample as somebody would upload it: RGBA, on its background."""

    image = read_image(sample.file, conf.MAX_PIXELS)
    return Image.fromarray(compose(image, sample.background)).convert("RGBA")


def _shares(answers: "list[Answer]") -> dict[str, dict[str, float]]:
    """Return the share of the answers and their median milliseconds by what answered."""
    shares = {}
    for method in sorted({answer.method for answer in answers}):
        times = [answer.milliseconds for answer in answers if answer.method == method]
        share, milliseconds = len(times) / len(answers), round(float(np.median(times)), 2)
        shares[method] = {"share": share, "milliseconds": milliseconds}
    return shares


def add_robustness(evaluation: Evaluation, tell: Tell = silent) -> None:
    """Measure an evaluation's images under corruptions, and store that with its figures.

    `tell` hears of the share done, 0 to 1; what it raises ends the measurement.

    Raises:
        EvaluationError: if the dataset is gone.
        ModelError: if the version's files cannot be used.
        UnreadableImageError: if an image of the dataset is broken or gone.
    """
    from classifier.evaluation.robustness import CORRUPTIONS, measure_robustness
    from classifier.inference.engine import Engine

    if evaluation.dataset is None:
        raise EvaluationError("The dataset was deleted.")
    samples = _samples(evaluation.dataset, evaluation.split)
    engine = Engine.load(evaluation.version.folder)
    size = engine.manifest.input_size
    images = [_composed(sample).convert("RGB") for sample in samples]

    def answer(corrupted: Sequence[Image.Image]) -> np.ndarray:
        arrays = [prepare(image.convert("RGBA"), size) for image in corrupted]
        parts = [
            engine.probabilities(np.stack(arrays[start : start + BATCH])).argmax(axis=1)
            for start in range(0, len(arrays), BATCH)
        ]
        return np.concatenate(parts)

    total = sum(len(corruption.strengths) for corruption in CORRUPTIONS)
    records = []
    for record in measure_robustness(images, _labels(samples), answer):
        records.append(record)
        tell(len(records) / total)
    evaluation.metrics["robustness"] = records
    evaluation.save(update_fields=["metrics"])


def add_saliency(evaluation: Evaluation, tell: Tell = silent) -> None:
    """Draw what decided each wrong answer of a version's model.

    `tell` hears of the share done, 0 to 1; what it raises ends the drawing.

    Raises:
        ModelError: if the version's files cannot be used.
        UnreadableImageError: if an image of the dataset is broken or gone.
    """
    from classifier.evaluation.saliency import occlusion_map, overlay
    from classifier.inference.engine import Engine

    engine = Engine.load(evaluation.version.folder)
    evaluation.folder.mkdir(parents=True, exist_ok=True)
    wrong = evaluation.predictions.exclude(answer=F("sample__label")).select_related("sample")
    for number, prediction in enumerate(wrong):
        tell(number / len(wrong))
        (image,) = next(prepared_batches([prediction.sample], engine.manifest.input_size))
        picture = overlay(image, occlusion_map(image, engine.probabilities))
        picture.save(prediction.saliency_file, "WEBP", quality=80)


def _samples(dataset: Dataset, split: str) -> list[Sample]:
    """Return a split's images.

    Raises:
        EvaluationError: if there are none.
    """
    samples = list(dataset.samples.of_classes(split).order_by("pk"))
    if not samples:
        raise EvaluationError(f"The dataset {dataset.name} has no images in its {split} split.")
    return samples


def _labels(samples: list[Sample]) -> np.ndarray:
    """Return the samples' classes as positions in CLASS_NAMES, int [N]."""
    return np.array([CLASS_NAMES.index(sample.label) for sample in samples])


def clusters_of(samples: list[Sample]) -> np.ndarray:
    """Number the samples' brands, int [N]; a sample without a brand is one of its own."""
    numbers: dict[str, int] = {}
    names = (sample.brand or f"sample {sample.pk}" for sample in samples)
    return np.array([numbers.setdefault(name, len(numbers)) for name in names])
