"""Ensembles: several versions that answer as one, by the mean of their probabilities."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from classifier.datasets.training_data import provenance, training_data
from classifier.inference.manifest import (
    Manifest,
    new_version_folder,
    read_manifest,
    sha256_of,
    verified_bytes,
    write_manifest,
)
from classifier.lib.progress import Tell, silent
from classifier.models import Dataset, EnsembleBuild, ModelVersion, Sample
from classifier.versions.evaluations import store_evaluation
from classifier.versions.registry import free_folder, register_version
from classifier.versions.scoring import score
from classifier.work.queue import enqueue

BACKBONE = "ensemble"
_ONNX = "model.onnx"


class EnsembleError(Exception):
    """Versions that cannot be an ensemble; the message says why."""


def check_members(members: Sequence[ModelVersion]) -> Dataset:
    """Return the dataset on which an ensemble of these versions is calibrated and evaluated.

    Raises:
        EnsembleError: for fewer than two, different input sizes, or different datasets: what one
            member was tested on, another one may have learnt.
    """
    if len({member.pk for member in members}) < 2:
        raise EnsembleError("An ensemble takes two versions or more.")
    sizes = sorted({member.input_size for member in members})
    if len(sizes) > 1:
        raise EnsembleError(
            f"All members must have one input size, not {' and '.join(map(str, sizes))} pixels."
        )
    fingerprints = {member.dataset_fingerprint for member in members}
    if len(fingerprints) > 1:
        raise EnsembleError("All members must have been trained on the same dataset.")
    ready = Dataset.objects.ready()
    dataset = ready.filter(fingerprint=fingerprints.pop()).first()
    if dataset is None:
        raise EnsembleError("The dataset that the members were trained on is not here any more.")
    return dataset


def create_ensemble(members: Sequence[ModelVersion], tell: Tell = silent) -> ModelVersion:
    """Merge versions into one, fit its temperature on validation, test it, register a candidate.

    `tell` hears of the share done, 0 to 1; what it raises ends the making.

    Raises:
        EnsembleError: see `check_members`; also if the members' graphs cannot be merged.
        ModelError: if a member's files are not what its manifest says.
        UnreadableImageError: if an image of the dataset is broken.
    """
    from classifier.evaluation.calibration import fit_temperature
    from classifier.inference.engine import Engine
    from classifier.training.dataset import ArrayCache

    dataset = check_members(members)
    data = training_data(dataset)
    destination = free_folder(f"ensemble-{members[0].input_size}")
    with new_version_folder(destination) as folder:
        manifest = _write_draft(folder, destination.name, members, dataset)
        tell(0.1)
        val = ArrayCache(data.cache).serving(data.val, manifest.input_size)
        logits = Engine.load(folder).logits(val.pixels)
        manifest = replace(manifest, temperature=fit_temperature(logits, val.labels.numpy()))
        write_manifest(folder, manifest)
        tell(0.5)
        metrics, probabilities = score(folder, data.test, data.cache)
        write_manifest(folder, replace(manifest, metrics={"test": metrics}))
        tell(0.9)
    version = register_version(destination)
    samples = list(dataset.samples.of_classes(Sample.Split.TEST))
    store_evaluation(version, dataset, Sample.Split.TEST, metrics, samples, probabilities)
    return version


def start_ensemble(
    members: Sequence[ModelVersion], user: AbstractBaseUser | None = None
) -> EnsembleBuild:
    """Store a build and give it to a worker once the transaction is over.

    Raises:
        EnsembleError: see `check_members`.
    """
    check_members(members)
    with transaction.atomic():
        names = [member.name for member in members]
        build = EnsembleBuild.objects.create(members=names, created_by=user)
        enqueue(build)
    return build


def members_of(build: EnsembleBuild) -> list[ModelVersion]:
    """Return the versions that a build is to merge.

    Raises:
        EnsembleError: if one was deleted.
    """
    found = ModelVersion.objects.in_bulk(build.members, field_name="name")
    gone = [name for name in build.members if name not in found]
    if gone:
        raise EnsembleError(f"The version {gone[0]} was deleted.")
    return [found[name] for name in build.members]


def _write_draft(
    folder: Path, name: str, members: Sequence[ModelVersion], dataset: Dataset
) -> Manifest:
    """Write the merged graph and a manifest without temperature and metrics."""
    from classifier.training.ensemble import MergeError, merge_graphs

    manifests = [read_manifest(member.folder) for member in members]
    graphs = [
        verified_bytes(member.folder, manifest, manifest.onnx)
        for member, manifest in zip(members, manifests, strict=True)
    ]
    size = manifests[0].input_size
    try:
        merged = merge_graphs(graphs, [manifest.temperature for manifest in manifests], size)
    except MergeError as error:
        raise EnsembleError(str(error)) from error
    (folder / _ONNX).write_bytes(merged.SerializeToString())
    manifest = Manifest(
        name=name,
        backbone=BACKBONE,
        input_size=size,
        temperature=1.0,
        onnx=_ONNX,
        files={_ONNX: sha256_of(folder / _ONNX)},
        members=[manifest.name for manifest in manifests],
        dataset=provenance(dataset),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_manifest(folder, manifest)
    return manifest
