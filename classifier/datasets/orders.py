"""Datasets as people order them: a row that is being built, and the work that fills it."""

import errno
import shutil
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

from celery import Task
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from classifier.lib.progress import Tell
from classifier.models import Dataset, DatasetBuild
from classifier.work.carrying_out import Progress, carry_out
from classifier.work.heartbeat import Heartbeat
from classifier.work.queue import enqueue

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
            dataset = _order(name, Dataset.Source.FOLDER, seed, import_dataset)
            kept.replace(upload_path(dataset.pk))
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
        return _order(name, Dataset.Source.PACKAGES, seed, build_dataset)


def upload_path(dataset_id: int) -> Path:
    """Where the zip that a dataset is made of is kept until that is done."""
    return Path(settings.CLASSIFIER_ROOT) / "uploads" / f"{dataset_id}.zip"


def execute_import(dataset_id: int) -> None:
    """Fill a dataset from its uploaded zip, and remove the zip whatever comes."""

    def fill(dataset: Dataset, tell: Tell) -> None:
        from classifier.datasets.building import DatasetError
        from classifier.datasets.importing import fill_from_archive

        if not upload_path(dataset_id).is_file():
            raise DatasetError("The uploaded zip is gone. Import it again.")
        with upload_path(dataset_id).open("rb") as file:
            fill_from_archive(dataset, file, tell)

    _execute(dataset_id, fill)


def execute_build(dataset_id: int) -> None:
    """Fill a dataset from the logo packages."""

    def fill(dataset: Dataset, tell: Tell) -> None:
        from classifier.data.packages import listed_packages
        from classifier.datasets.building import fill_from_packages

        fill_from_packages(dataset, listed_packages(), tell)

    _execute(dataset_id, fill)


def cancel_build(dataset: Dataset) -> None:
    """Take an order back, or ask its worker to stop."""
    DatasetBuild.objects.filter(dataset=dataset).cancel()
    _settle(dataset.pk)


def mark_lost_builds() -> int:
    """Fail datasets whose worker has been silent for too long; return how many there were."""
    silent = list(DatasetBuild.objects.silent().values_list("pk", flat=True))
    lost = DatasetBuild.objects.mark_lost("The worker fell silent. Start this dataset again.")
    for dataset_id in silent:
        _settle(dataset_id)
    return lost


def _order(name: str, source: str, seed: int, task: Task) -> Dataset:
    """Store a dataset that is to be built, and give it to a worker once the transaction is over.

    A failed one of that name gives way.
    """
    Dataset.objects.filter(name=name, status=Status.FAILED).delete()
    try:
        with transaction.atomic():
            dataset = Dataset.objects.create(name=name, source=source, seed=seed)
    except IntegrityError as error:
        raise NameTakenError(
            f'There is a dataset "{name}" already. Choose another name.'
        ) from error
    enqueue(DatasetBuild.objects.create(dataset=dataset), task, "start this dataset again")
    transaction.on_commit(partial(_settle, dataset.pk))  # where no queue answers
    return dataset


def _execute(dataset_id: int, fill: Callable[[Dataset, Tell], None]) -> None:
    """Fill a dataset that was ordered; if that fails, the row says why and no file remains.

    An unforeseen exception is told in the row, too, and raised.
    """
    build = DatasetBuild.objects.select_related("dataset").filter(pk=dataset_id).first()

    def do(heartbeat: Heartbeat) -> None:
        dataset = build.dataset
        shutil.rmtree(dataset.folder, ignore_errors=True)
        dataset.folder.mkdir(parents=True)
        try:
            fill(dataset, Progress(heartbeat))
        finally:
            Dataset.objects.filter(pk=dataset_id).update(dropped=dataset.dropped)

    def explain(error: Exception) -> str:
        if not Dataset.objects.filter(pk=dataset_id).exists():
            return "The dataset was deleted."
        return _reason(error)

    try:
        carry_out(build, do, explain, "The worker was stopped. Start this dataset again.")
    finally:
        _settle(dataset_id)


def _settle(dataset_id: int) -> None:
    """Clear up after a build that is over: its zip, and without success its files.

    A dataset that came to nothing has failed, for the reason that its build tells.
    """
    build = DatasetBuild.objects.filter(pk=dataset_id).first()
    if build.is_active if build else Dataset.objects.filter(pk=dataset_id).exists():
        return
    upload_path(dataset_id).unlink(missing_ok=True)
    if build and build.status == build.Status.SUCCEEDED:
        return
    shutil.rmtree(Dataset(pk=dataset_id).folder, ignore_errors=True)
    if build:
        Dataset.objects.filter(pk=dataset_id, status=Status.BUILDING).update(
            status=Status.FAILED, error=build.error or "Somebody cancelled it."
        )


def _reason(error: Exception) -> str:
    """Say what a foreseen exception means; nothing for others."""
    from classifier.data.packages import PackageError
    from classifier.datasets.building import DatasetError
    from classifier.datasets.corrections import CorrectionsError

    if isinstance(error, DatasetError | CorrectionsError | PackageError):
        return str(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk is full. Free some space and start this dataset again."
    if isinstance(error, MemoryError):
        return "The memory is full."
    return ""
