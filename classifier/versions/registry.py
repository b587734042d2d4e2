"""Model versions as rows: registering, promoting and retiring them, and which one serves."""

import json
import logging
from pathlib import Path

from django.db import IntegrityError

from classifier.conf import conf
from classifier.inference.manifest import (
    MANIFEST_NAME,
    Manifest,
    read_manifest,
    sha256_of_manifest,
    verified_bytes,
)
from classifier.lib.files import write_whole
from classifier.models import ModelVersion, TrainingRun, version_store

logger = logging.getLogger(__name__)


HALF_WEIGHTS = "model-fp16.safetensors"  # to train on from; left out of the wheel


class VersionError(Exception):
    """A version cannot be registered or retired; the message says why."""


def register_version(
    folder: Path, run: TrainingRun | None = None, bundled: bool = False
) -> ModelVersion:
    """Store a version folder as a candidate; return the row that is there if it is registered.

    Args:
        folder: under CLASSIFIER_ROOT, or under `classifier/bundled` for a bundled one.
        run: the run that made it.
        bundled: whether it ships with the plug-in.

    Raises:
        ModelError: if a file is missing or does not match its hash.
        VersionError: if another version has its name.
    """
    manifest = read_manifest(folder)
    for name in manifest.files:
        if not (bundled and name == HALF_WEIGHTS and not (folder / name).exists()):
            verified_bytes(folder, manifest, name)
    digest = sha256_of_manifest(folder)
    if version_store.is_shared() and not bundled:
        version_store.publish(folder)
    if bundled and manifest.name != folder.name:
        raise VersionError(f"The bundled folder {folder.name} holds a version {manifest.name}.")
    try:
        version, created = ModelVersion.objects.get_or_create(
            name=manifest.name,
            defaults={
                "run": run,
                "bundled": bundled,
                "path": "" if bundled else _relative(folder),
                "backbone": manifest.backbone,
                "input_size": manifest.input_size,
                "dataset_fingerprint": manifest.dataset.get("fingerprint", ""),
                "manifest": manifest.to_json(),
                "manifest_sha256": digest,
            },
        )
    except IntegrityError as error:
        raise VersionError(f"{run} has a version already.") from error
    if not created and version.manifest_sha256 != digest:
        raise VersionError(f"There is another version with the name {manifest.name}.")
    return version


def free_folder(name: str) -> Path:
    """Return a folder for a new version, of that name or with a number behind it."""
    versions = Path(conf.ROOT) / "versions"
    number, folder = 1, versions / name
    while folder.exists():  # left by another database, or by one that failed at the end
        number += 1
        folder = versions / f"{name}-{number}"
    return folder


def update_manifest(version: ModelVersion, manifest: Manifest, folder: Path) -> None:
    """Give a version another manifest, and the files that it names and the version lacks.

    Processes that serve the version load it again.

    Args:
        version: one that is not bundled.
        manifest: the new one.
        folder: where the new files are.

    Raises:
        VersionError: for a bundled version: its files belong to the program.
        ModelError: if a file is missing or does not match its hash.
    """
    if version.bundled:
        raise VersionError(f"{version} is bundled: its files belong to the program.")
    for name in manifest.files:
        write_whole(version.own_folder / name, verified_bytes(folder, manifest, name))
    text = json.dumps(manifest.to_json(), indent=2) + "\n"
    write_whole(version.own_folder / MANIFEST_NAME, text.encode())
    if version_store.is_shared():
        version_store.publish(version.own_folder)
    version.manifest = manifest.to_json()
    version.manifest_sha256 = sha256_of_manifest(version.own_folder)
    version.save(update_fields=["manifest", "manifest_sha256"])


def _relative(folder: Path) -> str:
    root = Path(conf.ROOT).resolve()
    try:
        return str(folder.resolve().relative_to(root))
    except ValueError as error:
        raise VersionError(f"The folder {folder.name} is not under CLASSIFIER_ROOT.") from error
