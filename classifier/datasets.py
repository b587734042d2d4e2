"""Datasets as people order them: a row that is being built, and the work that fills it."""

import errno
import logging
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from celery import Task
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from kombu.exceptions import OperationalError as QueueError

from classifier.models import Dataset

logger = logging.getLogger(__name__)
Status = Dataset.Status


class NameTakenError(Exception):
    """Another dataset has the name."""


def start_import(upload: UploadedFile, name: str, seed: int) -> Dataset:
    """Keep an uploaded zip, and have a worker make a dataset of it.

    Raises:
        NameTakenError: if a dataset that did not fail has the name.
    """
    from classifier.tasks import import_dataset

    folder = Path(settings.CLASSIFIER_ROOT) / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{uuid.uuid4().hex}.part"
    try:
        with kept.open("wb") as file:
            shutil.copyfileobj(upload, file)
        with transaction.atomic():
            dataset = _create(name, Dataset.Source.FOLDER, seed)
            kept.replace(upload_path(dataset.pk))
            transaction.on_commit(lambda: _enqueue(import_dataset, dataset.pk))
    finally:
        kept.unlink(missing_ok=True)
    return dataset


def start_build(name: str, seed: int) -> Dataset:
    """Have a worker make a dataset of the logo packages.

    Raises:
        NameTakenError: if a dataset that did not fail has the name.
    """
    from classifier.tasks import build_dataset

    with transaction.atomic():
        dataset = _create(name, Dataset.Source.PACKAGES, seed)
        transaction.on_commit(lambda: _enqueue(build_dataset, dataset.pk))
    return dataset


def upload_path(dataset_id: int) -> Path:
    """Where the zip that a dataset is made of is kept until that is done."""
    return Path(settings.CLASSIFIER_ROOT) / "uploads" / f"{dataset_id}.zip"


def execute_import(dataset_id: int) -> None:
    """Fill a dataset from its uploaded zip, and remove the zip whatever comes."""

    def fill(dataset: Dataset) -> None:
        from classifier.data.build import DatasetError
        from classifier.data.importing import fill_from_archive

        if not upload_path(dataset_id).is_file():
            raise DatasetError("The uploaded zip is gone. Import it again.")
        with upload_path(dataset_id).open("rb") as file:
            fill_from_archive(dataset, file)

    try:
        _execute(dataset_id, fill)
    finally:
        upload_path(dataset_id).unlink(missing_ok=True)


def execute_build(dataset_id: int) -> None:
    """Fill a dataset from the logo packages."""

    def fill(dataset: Dataset) -> None:
        from classifier.data.build import fill_from_packages
        from classifier.data.packages import listed_packages

        fill_from_packages(dataset, listed_packages())

    _execute(dataset_id, fill)


def _create(name: str, source: str, seed: int) -> Dataset:
    """Store a row that is being built; a failed one of that name gives way."""
    Dataset.objects.filter(name=name, status=Status.FAILED).delete()
    try:
        with transaction.atomic():
            return Dataset.objects.create(name=name, source=source, seed=seed)
    except IntegrityError as error:
        raise NameTakenError(
            f'There is a dataset "{name}" already. Choose another name.'
        ) from error


def _execute(dataset_id: int, fill: Callable[[Dataset], None]) -> None:
    """Fill a row that is being built; if that fails, the row says why and no file remains.

    An unforeseen exception is told in the row, too, and raised.
    """
    dataset = Dataset.objects.filter(pk=dataset_id, status=Status.BUILDING).first()
    if dataset is None:
        logger.info("Dataset %s is not waiting: nothing to do.", dataset_id)
        return
    shutil.rmtree(dataset.folder, ignore_errors=True)
    try:
        dataset.folder.mkdir(parents=True)
        fill(dataset)
    except (SystemExit, KeyboardInterrupt):
        _fail(dataset, "The worker was stopped. Start this dataset again.")
        raise
    except Exception as error:
        reason = _reason(error)
        _fail(dataset, reason or f"{type(error).__name__}: {error}")
        if not reason and Dataset.objects.filter(pk=dataset_id).exists():
            raise


def _reason(error: Exception) -> str:
    """Say what a foreseen exception means; nothing for others."""
    from classifier.data.build import DatasetError
    from classifier.data.corrections import CorrectionsError
    from classifier.data.packages import PackageError

    if isinstance(error, DatasetError | CorrectionsError | PackageError):
        return str(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk is full. Free some space and start this dataset again."
    if isinstance(error, MemoryError):
        return "The memory is full."
    return ""


def _fail(dataset: Dataset, reason: str) -> None:
    shutil.rmtree(dataset.folder, ignore_errors=True)
    Dataset.objects.filter(pk=dataset.pk).update(
        status=Status.FAILED, error=reason, dropped=dataset.dropped
    )


def _enqueue(task: Task, dataset_id: int) -> None:
    try:
        task.delay(dataset_id)
    except QueueError as error:
        logger.warning("Dataset %s could not be queued: %s", dataset_id, error)
        upload_path(dataset_id).unlink(missing_ok=True)
        Dataset.objects.filter(pk=dataset_id, status=Status.BUILDING).update(
            status=Status.FAILED,
            error="The task queue could not be reached. Start it (make run), and start this "
            "dataset again.",
        )
