"""Datasets as people order them: a row that is being built, and the work that fills it."""

import shutil
import uuid
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from classifier.conf import conf
from classifier.data.packages import listed_packages
from classifier.datasets.errors import DatasetError
from classifier.lib.progress import Tell
from classifier.models import Dataset, DatasetBuild
from classifier.work.queue import enqueue

Status = Dataset.Status


class NameTakenError(Exception):
    """Another dataset has the name."""


def start_import(upload: UploadedFile, name: str, seed: int) -> Dataset:
    """Keep an uploaded zip, and have a worker make a dataset of it.

    Raises:
        NameTakenError: if a dataset that did not fail has the name.
    """
    folder = Path(conf.ROOT) / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{uuid.uuid4().hex}.part"
    try:
        with kept.open("wb") as file:
            shutil.copyfileobj(upload, file)
        with transaction.atomic():
            dataset = _order(name, Dataset.Source.FOLDER, seed)
            kept.replace(upload_path(dataset.pk))
    finally:
        kept.unlink(missing_ok=True)
    return dataset


def start_build(name: str, seed: int) -> Dataset:
    """Have a worker make a dataset of the logo packages.

    Raises:
        NameTakenError: if a dataset that did not fail has the name.
    """
    with transaction.atomic():
        return _order(name, Dataset.Source.PACKAGES, seed)


def upload_path(dataset_id: int) -> Path:
    """Where the zip that a dataset is made of is kept until that is done."""
    return Path(conf.ROOT) / "uploads" / f"{dataset_id}.zip"


def fill_ordered(build: DatasetBuild, tell: Tell) -> None:
    """Fill a dataset that was ordered, from its uploaded zip or from the logo packages.

    `tell` hears of the share done, 0 to 1; what it raises ends the filling.

    Raises:
        DatasetError, CorrectionsError, PackageError: if it cannot be filled.
    """
    from classifier.datasets.building import fill_from_packages
    from classifier.datasets.successors import fill_successor

    dataset = build.dataset
    shutil.rmtree(dataset.folder, ignore_errors=True)
    dataset.folder.mkdir(parents=True)
    try:
        if dataset.base_id is not None:
            fill_successor(dataset, tell)
        elif dataset.source == Dataset.Source.PACKAGES:
            fill_from_packages(dataset, listed_packages(), tell)
        else:
            _fill_from_upload(dataset, tell)
    finally:
        Dataset.objects.filter(pk=dataset.pk).update(dropped=dataset.dropped)


def _fill_from_upload(dataset: Dataset, tell: Tell) -> None:
    from classifier.datasets.importing import fill_from_archive

    if not upload_path(dataset.pk).is_file():
        raise DatasetError("The uploaded zip is gone. Import it again.")
    with upload_path(dataset.pk).open("rb") as file:
        fill_from_archive(dataset, file, tell)


def cancel_build(dataset: Dataset) -> None:
    """Take an order back, or ask its worker to stop."""
    DatasetBuild.objects.filter(dataset=dataset).cancel()
    settle(dataset.pk)


def _order(name: str, source: str, seed: int) -> Dataset:
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
    enqueue(DatasetBuild.objects.create(dataset=dataset))
    return dataset


def settle(dataset_id: int) -> None:
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
