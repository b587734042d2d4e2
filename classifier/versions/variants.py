"""Variants of versions: made, measured on validation, stored, and the best one set to serve."""

import logging
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from classifier.datasets.training_data import training_data
from classifier.evaluation.variants import Candidate, choose
from classifier.inference.manifest import (
    Manifest,
    read_manifest,
    sha256_of,
    verified_bytes,
    write_manifest,
)
from classifier.lib.progress import Tell, silent
from classifier.models import Dataset, ModelVariant, ModelVersion, VariantMeasurement
from classifier.versions.origin import dataset_of
from classifier.versions.registry import update_manifest
from classifier.work.queue import enqueue

if TYPE_CHECKING:
    from classifier.inference.engine import Engine
    from classifier.training.dataset import ImageArray, LabelledImage

logger = logging.getLogger(__name__)
Kind = ModelVariant.Kind
_CALIBRATION_PER_CLASS = 40
_BATCH = 16
_FILES = {Kind.WEIGHTS: "model-int8-weights.onnx", Kind.STATIC: "model-int8-static.onnx"}


def start_measurement(version: ModelVersion) -> VariantMeasurement:
    """Store a measurement and give it to a worker once the transaction is over.

    One that waits or works already is returned instead.
    """
    with transaction.atomic():
        active = version.measurements.active().first()
        if active:
            return active
        measurement = VariantMeasurement.objects.create(version=version)
        enqueue(measurement)
    return measurement


def measure_variants(version: ModelVersion, tell: Tell = silent) -> list[ModelVariant]:
    """Make and measure a version's variants; let the smallest that is good enough serve.

    A bundled version is measured, too, but serves what it came with. `tell` hears of the share
    done, 0 to 1; what it raises ends the measurement.

    Raises:
        VariantError: if its dataset is not here.
        ModelError: if its files cannot be used.
    """

    dataset = dataset_of(version)
    with TemporaryDirectory() as name:
        folder = Path(name)
        manifest = _make_files(version, dataset, folder)
        files = _all_files(manifest)
        tell(0.3)
        figures = _measure(folder, files, dataset)
        tell(0.9)
        figures |= _dynamic(version, dataset)
        rows = _store(version, dataset, figures)
        candidates = {
            row.kind: Candidate(row.file, row.bytes, row.accuracy, row.ms_one)
            for row in rows
            if row.file
        }
        original = candidates.pop(Kind.ORIGINAL)
        best = choose(original, list(candidates.values()))
        if not version.bundled:
            kept = {*manifest.files} - {*_FILES.values()} | {best.name}
            hashes = {file: manifest.files[file] for file in sorted(kept)}
            update_manifest(version, replace(manifest, onnx=best.name, files=hashes), folder)
            logger.info("%s serves %s.", version, best.name)
    return rows


def _original(manifest: Manifest) -> str:
    """Return the name of the graph that was exported: any that was not made here."""
    names = [name for name in manifest.files if name.endswith(".onnx")]
    return next((name for name in names if name not in _FILES.values()), manifest.onnx)


def _all_files(manifest: Manifest) -> dict[str, str]:
    return {Kind.ORIGINAL: _original(manifest), **_FILES}


def _make_files(version: ModelVersion, dataset: Dataset, folder: Path) -> Manifest:
    """Copy a version to a folder and add its variants' graphs; return the manifest with them."""
    from classifier.training.quantization import quantize_static, quantize_weights

    manifest = read_manifest(version.folder)
    for name in manifest.files:
        (folder / name).write_bytes(verified_bytes(version.folder, manifest, name))
    source = folder / _original(manifest)
    quantize_weights(source, folder / _FILES[Kind.WEIGHTS])
    images = _calibration(dataset, manifest.input_size)
    quantize_static(source, images, folder / _FILES[Kind.STATIC])
    made = {name: sha256_of(folder / name) for name in _FILES.values()}
    manifest = replace(manifest, files={**manifest.files, **made})
    write_manifest(folder, manifest)
    return manifest


def _calibration(dataset: Dataset, size: int) -> np.ndarray:
    """Return some training images of each class, uint8 [N, size, size, 3]."""
    by_class: dict[int, list[LabelledImage]] = {}
    for image in training_data(dataset).train:
        by_class.setdefault(image.label, []).append(image)
    chosen = []
    for images in by_class.values():
        step = max(1, len(images) // _CALIBRATION_PER_CLASS)
        chosen += images[::step][:_CALIBRATION_PER_CLASS]
    return np.asarray(_prepared(dataset, chosen, size).pixels)


def _prepared(dataset: Dataset, images: "list[LabelledImage]", size: int) -> "ImageArray":
    from classifier.training.dataset import ArrayCache

    return ArrayCache(dataset.folder / "arrays").serving(images, size)


def validation(dataset: Dataset, size: int) -> "ImageArray":
    """Return a dataset's validation images, prepared as serving does it."""
    return _prepared(dataset, training_data(dataset).val, size)


def _measure(folder: Path, files: dict[str, str], dataset: Dataset) -> dict[str, dict[str, Any]]:
    """Return each servable variant's figures."""
    from classifier.evaluation.cost import fresh_process, speeds
    from classifier.inference.engine import Engine

    engines = {kind: Engine.load(folder, file=file) for kind, file in files.items()}
    size = engines[Kind.ORIGINAL].manifest.input_size
    val = validation(dataset, size)
    labels = val.labels.numpy()
    answers = {kind: _answers(engine, val.pixels) for kind, engine in engines.items()}
    timed = speeds(engines, np.ascontiguousarray(val.pixels[:_BATCH]))
    figures = {}
    for kind, file in files.items():
        fresh = fresh_process(folder, file, _BATCH)
        figures[kind] = {
            "file": file,
            "bytes": (folder / file).stat().st_size,
            "accuracy": float((answers[kind] == labels).mean()),
            "agreement": float((answers[kind] == answers[Kind.ORIGINAL]).mean()),
            "ms_one": timed[kind].ms_one,
            "ms_batch": timed[kind].ms_batch,
            "load_seconds": fresh.load_seconds,
            "peak_mb": fresh.peak_mb,
            "sample_count": len(labels),
        }
    return figures


def _answers(engine: "Engine", pixels: np.ndarray) -> np.ndarray:
    return np.concatenate(
        [
            engine.logits(np.ascontiguousarray(pixels[start : start + _BATCH])).argmax(axis=1)
            for start in range(0, len(pixels), _BATCH)
        ]
    )


def _dynamic(version: ModelVersion, dataset: Dataset) -> dict[str, dict[str, Any]]:
    """Return the figures of PyTorch's dynamic quantisation, if the version has its weights."""
    from classifier.training.dynamic import WeightsMissingError, measure_dynamic

    manifest = read_manifest(version.folder)
    try:
        return {
            Kind.DYNAMIC: measure_dynamic(
                version.folder, manifest, validation(dataset, manifest.input_size), _BATCH
            )
        }
    except WeightsMissingError:
        return {}


def _store(
    version: ModelVersion, dataset: Dataset, figures: dict[str, dict[str, Any]]
) -> list[ModelVariant]:
    with transaction.atomic():
        version.variants.all().delete()
        return [
            ModelVariant.objects.create(
                version=version,
                kind=kind,
                dataset_fingerprint=dataset.fingerprint,
                measured_at=timezone.now(),
                **values,
            )
            for kind, values in figures.items()
        ]
