"""Versions that ship with the plug-in: one folder each, and a file that names the default."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from classifier import models
from classifier.inference.manifest import (
    MANIFEST_NAME,
    ModelError,
    new_version_folder,
    read_manifest,
    verified_bytes,
    write_manifest,
)
from classifier.models import VARIANT_FIGURES, Evaluation, ModelVersion
from classifier.versions.registry import HALF_WEIGHTS, VersionError

FULL_WEIGHTS = "model.safetensors"  # what a training leaves
DEFAULT_NAME = "default.txt"  # in the folder of bundled versions: the name of the one that serves


def bundled_folders() -> list[Path]:
    """Return the version folders that ship with the plug-in, the newest last."""
    folders = [path.parent for path in models.versions.BUNDLED_FOLDER.glob(f"*/{MANIFEST_NAME}")]
    return sorted(folders, key=lambda folder: (_created(folder), folder.name))


def default_folder() -> Path | None:
    """Return the folder of the version that serves first; None if no version is bundled.

    A file names it; without one it is the newest.
    """
    folders = bundled_folders()
    named = models.versions.BUNDLED_FOLDER / DEFAULT_NAME
    name = named.read_text().strip() if named.is_file() else ""
    return next((folder for folder in folders if folder.name == name), (folders or [None])[-1])


def make_default(name: str) -> None:
    """Let new installations start with a bundled version."""
    (models.versions.BUNDLED_FOLDER / DEFAULT_NAME).write_text(f"{name}\n")


def bundle(version: ModelVersion, name: str) -> Path:
    """Copy what serving needs of a version to the folder that ships with the plug-in.

    New installations start with it. Its weights come along in half precision, so that trainings
    can start from them. The copy's manifest has the figures of the file that serves: the newest
    evaluation of each split on the version's own dataset, and its variants.

    Raises:
        ModelError: if the version's files are not what its manifest says.
        VersionError: if a bundled version has that name.
        WeightsError: if a weight is too large for half precision.
    """
    manifest = read_manifest(version.folder)
    contents = {manifest.onnx: verified_bytes(version.folder, manifest, manifest.onnx)}
    if FULL_WEIGHTS in manifest.files:
        from classifier.training.weights import half_precision

        weights = verified_bytes(version.folder, manifest, FULL_WEIGHTS)
        contents[HALF_WEIGHTS] = half_precision(weights)
    destination = models.versions.BUNDLED_FOLDER / name
    if destination.exists():
        raise VersionError(f"There is a bundled version {name} already.")
    files = {file: hashlib.sha256(content).hexdigest() for file, content in contents.items()}
    with new_version_folder(destination) as folder:
        for file, content in contents.items():
            (folder / file).write_bytes(content)
        metrics = {**manifest.metrics, **_measured(version)}
        write_manifest(folder, replace(manifest, name=name, files=files, metrics=metrics))
    make_default(name)
    return destination


def _measured(version: ModelVersion) -> dict[str, Any]:
    """Return what the database knows of a version, in the form of a manifest's metrics."""
    found: dict[str, Any] = {}
    own = version.evaluations.filter(
        method=Evaluation.Method.NEURAL,
        dataset_fingerprint=version.dataset_fingerprint,
        created_at__gte=max(
            (variant.measured_at for variant in version.variants.all()), default=version.created_at
        ),
    )
    for evaluation in own.order_by("created_at"):
        found[evaluation.split] = evaluation.metrics
    variants = list(version.variants.values(*VARIANT_FIGURES))
    return {**found, "variants": variants} if variants else found


def _created(folder: Path) -> str:
    try:
        return read_manifest(folder).created
    except ModelError:
        return ""
