"""Carrying out a training run in this process: from the claimed row to a model version."""

import errno
import logging
import shutil
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.inference.manifest import new_version_folder, write_manifest
from classifier.lib.machine import machine_figures
from classifier.logo_types import CLASS_NAMES
from classifier.models import Dataset, EpochMetric, ModelVersion, Sample, TrainingRun
from classifier.runs.analyses import store_analysis
from classifier.runs.lifecycle import split_counts
from classifier.runs.teachers import with_teacher
from classifier.training.config import TrainingConfig
from classifier.training.reporting import (
    EpochResult,
    SilentObserver,
    StepResult,
    TrainingObserver,
)
from classifier.versions.evaluations import store_evaluation
from classifier.work.heartbeat import Heartbeat

if TYPE_CHECKING:
    from classifier.datasets.twins import Twin
    from classifier.training.dataset import LabelledImage, TrainingData
    from classifier.training.run import TrainingResult

logger = logging.getLogger(__name__)
Status = TrainingRun.Status
_SCORING_BATCH = 64


class ExecutionError(Exception):
    """A run cannot go on; the message is for the person who started it."""


class RunObserver:
    """Stores what a training reports, and passes it on to a listener."""

    def __init__(self, heartbeat: Heartbeat, listener: TrainingObserver) -> None:
        self.heartbeat = heartbeat
        self.listener = listener
        self.step: StepResult | None = None
        heartbeat.more = self._live

    def _live(self) -> dict[str, Any]:
        """Return what is written with each heartbeat: the present step, and the machine."""
        return {"live": {**(asdict(self.step) if self.step else {}), **machine_figures()}}

    def on_progress(self, stage: str, progress: float, seconds_left: float | None) -> None:
        """Keep the progress for the next heartbeat."""
        self.heartbeat.stage = stage
        self.heartbeat.progress = progress
        self.heartbeat.seconds_left = seconds_left
        self.listener.on_progress(stage, progress, seconds_left)

    def on_step(self, result: StepResult) -> None:
        """Keep the step for the next heartbeat."""
        self.step = result
        self.listener.on_step(result)

    def on_epoch(self, result: EpochResult) -> None:
        """Store an epoch's measures; a resumed run may measure its last one again."""
        values = asdict(result)
        epoch = values.pop("epoch")
        EpochMetric.objects.update_or_create(run=self.heartbeat.run, epoch=epoch, defaults=values)
        self.heartbeat.beat()
        self.listener.on_epoch(result)

    def on_checkpoint(self, path: Path) -> None:
        """Pass it on: the checkpoint's place follows from the run."""
        self.listener.on_checkpoint(path)

    def should_stop(self) -> bool:
        """Stop when the run was cancelled or another process has it."""
        return self.heartbeat.stop.is_set() or self.listener.should_stop()


def execute_run(run_id: int, listener: TrainingObserver | None = None) -> TrainingRun | None:
    """Carry out a queued run; return it as it ended, or None if there was nothing to do.

    Whatever happens, the row says how the run ended. Faults that a person can mend are told in
    its `error`; an unforeseen exception is told there too and raised.
    """
    run = TrainingRun.objects.filter(pk=run_id).first()
    claim = run.begin() if run else None
    if run is None or claim is None:
        logger.info("Run %s is not waiting: nothing to do.", run_id)
        return None
    run.refresh_from_db()
    status, reason, diverged = Status.FAILED, "", False
    heartbeat = Heartbeat(run, claim)
    try:
        with heartbeat:
            _make_version(run, RunObserver(heartbeat, listener or SilentObserver()))
        status = Status.SUCCEEDED
    except KeyboardInterrupt:
        status = Status.CANCELLED
        raise
    except SystemExit:
        status, reason = Status.LOST, "The worker was stopped. Resume the run to go on."
        raise
    except Exception as error:
        status, reason = end_of(run.dataset_id, error)
        diverged = type(error).__name__ == "NonFiniteLossError"
        if not reason and status == Status.FAILED:
            reason = f"{type(error).__name__}: {error}"
            raise
    finally:
        _finish(heartbeat, status, reason, diverged)
    run.refresh_from_db()
    return run


def follow_run(run_id: int) -> None:
    """Take this process's share of a run that another process of torchrun carries out.

    That one writes checkpoints, rows and the version, and says how the run ended.
    """
    from classifier.training import parallel
    from classifier.training.loop import NonFiniteLossError, TrainingStoppedError
    from classifier.training.run import train

    run = TrainingRun.objects.select_related("dataset").get(pk=run_id)
    config = TrainingConfig.from_json(run.config)
    with suppress(TrainingStoppedError, NonFiniteLossError):
        with parallel.first_goes_ahead():
            data = training_data(run.dataset, config.twins)
        train(config, data, run.folder, SilentObserver())


def end_of(dataset_id: int | None, error: Exception) -> tuple[Status, str]:
    """Say how an exception ends a run, or a trial, on a dataset.

    An empty reason for a failure: nobody foresaw it.
    """
    from classifier.inference.manifest import ModelError
    from classifier.inference.preprocessing import ImageTooLargeError, UnreadableImageError
    from classifier.training.checkpoint import CheckpointError
    from classifier.training.config import InvalidConfigError
    from classifier.training.loop import NonFiniteLossError, TrainingStoppedError
    from classifier.training.weights import WeightsError

    if isinstance(error, TrainingStoppedError):
        return Status.CANCELLED, ""
    if not Dataset.objects.filter(pk=dataset_id).exists():
        return Status.FAILED, "The dataset was deleted while the run needed it."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return Status.FAILED, "The disk is full. Free some space and resume the run."
    if isinstance(error, MemoryError):
        return Status.FAILED, "The memory is full. Lower batch_size or input_size."
    foreseen = (
        ExecutionError,
        InvalidConfigError,
        ModelError,
        NonFiniteLossError,
        CheckpointError,
        WeightsError,
        UnreadableImageError,
        ImageTooLargeError,
    )
    return Status.FAILED, str(error) if isinstance(error, foreseen) else ""


def _finish(heartbeat: Heartbeat, status: Status, reason: str, diverged: bool) -> None:
    """Write how the run ended and what its history says, unless another process has it by now."""
    values = {"progress": 1.0} if status == Status.SUCCEEDED else {}
    if heartbeat.run.end(heartbeat.claim, status, reason, **values):
        store_analysis(heartbeat.run.pk, reason if diverged else "")


def _make_version(run: TrainingRun, observer: RunObserver) -> ModelVersion:
    """Train, export, calibrate, evaluate and register."""
    from classifier.training import parallel
    from classifier.training.loop import TrainingStoppedError
    from classifier.training.run import train

    if run.dataset is None:
        raise ExecutionError("The dataset was deleted.")
    config = TrainingConfig.from_json(run.config)
    config.check_data(split_counts(run.dataset))
    with parallel.first_goes_ahead():
        data = training_data(run.dataset, config.twins, observer)
        data = with_teacher(data, config, observer)
    result = train(config, data, run.folder, observer)
    TrainingRun.objects.filter(pk=run.pk).update(plain_train_accuracy=result.plain_train_accuracy)
    if observer.should_stop():  # cancelled during the last epoch
        raise TrainingStoppedError
    observer.on_progress("export", 1.0, None)
    version = _store_version(run, result, data)
    shutil.rmtree(run.folder, ignore_errors=True)  # the version has the weights
    return version


def training_data(
    dataset: Dataset, twins: bool = False, observer: TrainingObserver | None = None
) -> "TrainingData":
    """Return a dataset's images by split; with `twins`, the training logos' twins among them.

    Raises:
        TrainingStoppedError: when the observer asks for it while twins are drawn.
    """
    from classifier.training.dataset import LabelledImage, TrainingData

    splits: dict[str, list[LabelledImage]] = {"train": [], "val": [], "test": []}
    for sample in dataset.samples.filter(split__in=splits, label__in=CLASS_NAMES):
        path = dataset.folder / sample.path
        label = CLASS_NAMES.index(sample.label)
        splits[sample.split].append(LabelledImage(path, label, sample.background))
    for twin in _twins(dataset, observer or SilentObserver()) if twins else []:
        label = CLASS_NAMES.index(twin.label)
        splits["train"].append(LabelledImage(dataset.folder / twin.path, label, twin.background))
    return TrainingData(**splits, cache=dataset.folder / "arrays")


def _twins(dataset: Dataset, observer: TrainingObserver) -> "list[Twin]":
    from classifier.datasets.twins import training_twins
    from classifier.training.loop import TrainingStoppedError

    def tell(share: float) -> None:
        observer.on_progress("twins", 0.0, None)
        if observer.should_stop():
            raise TrainingStoppedError

    return training_twins(dataset, tell)


def _store_version(
    run: TrainingRun, result: "TrainingResult", data: "TrainingData"
) -> ModelVersion:
    """Write the version's folder with its test metrics, and the rows that point to it."""
    from classifier.evaluation.calibration import fit_temperature
    from classifier.training.export import write_version
    from classifier.versions.registry import free_folder, register_version

    destination = free_folder(_version_name(run))
    temperature = fit_temperature(result.val_logits, result.val_labels)
    origin = {**provenance(run.dataset), "fingerprint": run.dataset_fingerprint}
    with new_version_folder(destination) as folder:
        manifest = write_version(
            folder, destination.name, result.model, result.config, temperature, origin
        )
        metrics, probabilities = score(folder, data.test, data.cache)
        write_manifest(folder, replace(manifest, metrics={"test": metrics}))
    version = register_version(destination, run=run)
    dataset = Dataset.objects.filter(pk=run.dataset_id).first()
    if dataset:  # it may have been deleted while the run needed it no more
        samples = list(dataset.samples.filter(split=Sample.Split.TEST, label__in=CLASS_NAMES))
        store_evaluation(version, dataset, Sample.Split.TEST, metrics, samples, probabilities)
    return version


def _version_name(run: TrainingRun) -> str:
    config = TrainingConfig.from_json(run.config)
    return f"{config.backbone.removeprefix('efficientnet_')}-{config.input_size}-run{run.pk}"


def provenance(dataset: Dataset) -> dict[str, Any]:
    """Say what a version was trained on, for its manifest."""
    return {
        "name": dataset.name,
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "counts": split_counts(dataset),
    }


def score(
    folder: Path, images: "list[LabelledImage]", cache: Path | None
) -> tuple[dict[str, Any], np.ndarray]:
    """Measure a version folder on images, with the engine that will serve it.

    Returns the metrics and the probabilities, float32 [N, classes].
    """
    from classifier.evaluation.metrics import compute_metrics
    from classifier.inference.engine import Engine
    from classifier.training.dataset import ArrayCache

    engine = Engine.load(folder)
    test = ArrayCache(cache or folder).serving(images, engine.manifest.input_size)
    batches = [
        engine.probabilities(np.ascontiguousarray(test.pixels[start : start + _SCORING_BATCH]))
        for start in range(0, len(test), _SCORING_BATCH)
    ]
    probabilities = np.concatenate(batches)
    return compute_metrics(test.labels.numpy(), probabilities), probabilities
