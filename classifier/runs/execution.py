"""Carrying out a training run: from its settings to a model version."""

import shutil
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from classifier.datasets.training_data import provenance, split_counts, training_data
from classifier.inference.manifest import new_version_folder, write_manifest
from classifier.models import Dataset, ModelVersion, Sample, TrainingRun
from classifier.runs.observers import Finish, RunObserver
from classifier.runs.starts import forerunners, with_start
from classifier.runs.teachers import with_teacher
from classifier.training.config import TrainingConfig
from classifier.training.errors import NonFiniteLossError, TrainingStoppedError
from classifier.training.progress import finishing_work
from classifier.training.reporting import SilentObserver
from classifier.versions.evaluations import clusters_of, store_evaluation
from classifier.versions.registry import free_folder, register_version
from classifier.versions.scoring import score
from classifier.work.errors import WorkFailedError

if TYPE_CHECKING:
    from classifier.training.dataset import TrainingData
    from classifier.training.run import TrainingResult


def train_version(run: TrainingRun, observer: RunObserver) -> ModelVersion:
    """Train, export, calibrate, evaluate and register.

    Raises:
        WorkFailedError: if the dataset is gone.
        TrainingStoppedError: if the run was cancelled.
        InvalidConfigError, ModelError, NonFiniteLossError, CheckpointError, WeightsError,
        ImageError: as `classifier.training.run.train`.
    """
    from classifier.training import parallel
    from classifier.training.run import train

    if run.dataset is None:
        raise WorkFailedError("The dataset was deleted.")
    config = TrainingConfig.from_json(run.config)
    config.check_data(split_counts(run.dataset))
    with parallel.first_goes_ahead():
        data = training_data(run.dataset, config.twins, observer)
        data = with_start(with_teacher(data, config, observer), config)
    follows = finishing_work(len(data.train), len(data.val), len(data.test))
    result = train(config, data, run.folder, observer, follows)
    TrainingRun.objects.filter(pk=run.pk).update(plain_train_accuracy=result.plain_train_accuracy)
    if observer.should_stop():  # cancelled during the last epoch
        raise TrainingStoppedError
    version = _store_version(run, result, data, Finish(observer))
    shutil.rmtree(run.folder, ignore_errors=True)  # the version has the weights
    return version


def follow_run(run_id: int) -> None:
    """Take this process's share of a run that another process of torchrun carries out.

    That one writes checkpoints, rows and the version, and says how the run ended.
    """
    from classifier.training import parallel
    from classifier.training.run import train

    run = TrainingRun.objects.select_related("dataset").get(pk=run_id)
    config = TrainingConfig.from_json(run.config)
    with suppress(TrainingStoppedError, NonFiniteLossError):
        with parallel.first_goes_ahead():
            data = with_start(training_data(run.dataset, config.twins), config)
        train(config, data, run.folder, SilentObserver())


def _store_version(
    run: TrainingRun, result: "TrainingResult", data: "TrainingData", tell: Finish
) -> ModelVersion:
    """Write the version's folder with its test metrics, and the rows that point to it."""
    from classifier.evaluation.calibration import fit_temperature
    from classifier.training.dataset import ArrayCache
    from classifier.training.export import write_version
    from classifier.training.familiarity import learn_strangers

    destination = free_folder(_version_name(run))
    temperature = fit_temperature(result.val_logits, result.val_labels)
    origin = {**provenance(run.dataset), "fingerprint": run.dataset_fingerprint}
    tested = Sample.objects.filter(dataset_id=run.dataset_id)
    samples = list(tested.of_classes(Sample.Split.TEST))
    with new_version_folder(destination) as folder:
        cache = ArrayCache(data.cache or folder)
        tell("strangers", 0.1)
        strangeness = learn_strangers(result.model, result.config, data, cache)
        tell("export", 0.4)
        manifest = write_version(
            folder, destination.name, result.model, result.config, temperature, origin, strangeness
        )
        tell("test", 0.8)
        metrics, probabilities = score(folder, data.test, data.cache, clusters_of(samples))
        before = forerunners(result.config)
        write_manifest(folder, replace(manifest, metrics={"test": metrics}, forerunners=before))
    tell("test", 1.0)
    version = register_version(destination, run=run)
    dataset = Dataset.objects.filter(pk=run.dataset_id).first()
    if dataset:  # it may have been deleted while the run needed it no more
        store_evaluation(version, dataset, Sample.Split.TEST, metrics, samples, probabilities)
    return version


def _version_name(run: TrainingRun) -> str:
    config = TrainingConfig.from_json(run.config)
    return f"{config.backbone.removeprefix('efficientnet_')}-{config.input_size}-run{run.pk}"
