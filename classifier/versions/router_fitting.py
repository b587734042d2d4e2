"""Fitting a version's router on the validation split that it was calibrated on."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from classifier.conf import conf
from classifier.inference.manifest import read_manifest
from classifier.inference.preprocessing import prepare, read_image
from classifier.lib.progress import Tell, part, silent
from classifier.logo_types import CLASS_NAMES
from classifier.models import ModelVersion, Sample
from classifier.versions.origin import dataset_of
from classifier.versions.registry import update_manifest
from classifier.versions.variants import measure_variants

if TYPE_CHECKING:
    from classifier.evaluation.routing import Fitted
    from classifier.inference.engine import Engine

REPORT = "routing"  # the report's place among a manifest's metrics


def measure_and_route(version: ModelVersion, tell: Tell = silent) -> None:
    """Measure a version's variants and fit its router; see both.

    `tell` hears of the share done, 0 to 1; what it raises ends the work.

    Raises:
        VariantError: if its dataset is not here.
        ModelError: if its files cannot be used.
    """
    measure_variants(version, part(tell, 0.0, 0.9))
    if not version.bundled:
        fit_router(version)


def fit_router(version: ModelVersion) -> "Fitted":
    """Fit when rules, model or both answer; store it in the version's manifest.

    Raises:
        VariantError: if the version's dataset is not here.
        VersionError: for a bundled version.
        ModelError: if its files cannot be used.
        UnreadableImageError: if an image of the dataset is broken or gone.
    """
    from classifier.evaluation.routing import fit_routing
    from classifier.inference.engine import Engine

    samples = list(dataset_of(version).samples.filter(split=Sample.Split.VAL))
    samples = [sample for sample in samples if sample.label in CLASS_NAMES]
    labels = np.array([CLASS_NAMES.index(sample.label) for sample in samples])
    engine = Engine.load(version.folder)
    answers = [_both(engine, sample) for sample in samples]
    neural, rules, neural_ms, rules_ms = (np.array(values) for values in zip(*answers, strict=True))
    rules = rules / rules.sum(axis=1, keepdims=True)  # they are stored with four decimals
    fitted = fit_routing(
        labels, neural, rules, float(np.median(neural_ms)), float(np.median(rules_ms))
    )
    manifest = read_manifest(version.folder)
    metrics = {**manifest.metrics, REPORT: fitted.report}
    update_manifest(
        version, replace(manifest, routing=fitted.routing, metrics=metrics), version.folder
    )
    return fitted


def _both(engine: "Engine", sample: Sample) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Return the model's and the rules' probabilities, and the milliseconds of each."""
    from classifier.inference import rules

    size = engine.manifest.input_size
    started = time.perf_counter()
    image = read_image(sample.file, conf.MAX_PIXELS, size)
    read = time.perf_counter()
    neural = engine.probabilities(prepare(image, size, sample.background)[np.newaxis])[0]
    answered = time.perf_counter()
    ruled = rules.classify(image, sample.background).probabilities
    ended = time.perf_counter()
    reading = read - started
    return (
        neural,
        ruled,
        (reading + answered - read) * 1000,
        (reading + ended - answered) * 1000,
    )
