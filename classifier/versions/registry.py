"""Model versions as rows: registering, promoting and retiring them, and which one serves."""

import hashlib
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from classifier import models
from classifier.conf import conf
from classifier.inference.manifest import (
    MANIFEST_NAME,
    Manifest,
    MissingModelError,
    ModelError,
    new_version_folder,
    read_manifest,
    sha256_of_manifest,
    verified_bytes,
    write_manifest,
)
from classifier.lib.files import write_whole
from classifier.models import VARIANT_FIGURES, Evaluation, ModelVersion, TrainingRun, version_store

logger = logging.getLogger(__name__)
Stage = ModelVersion.Stage
_FULL_WEIGHTS, _HALF_WEIGHTS = "model.safetensors", "model-fp16.safetensors"


class VersionError(Exception):
    """A version cannot be registered or retired; the message says why."""


class NoProductionVersionError(MissingModelError):
    """No version is in production, and none is bundled."""


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


def promote(version: ModelVersion) -> None:
    """Let a version serve, and retire the one that did. Exactly one is in production after it.

    Raises:
        ModelError: if the version cannot be loaded; nothing changes then.
    """
    check_loads(version)
    _put_in_production(version)
    logger.info("%s is in production.", version)


def retire(version: ModelVersion) -> None:
    """Put a candidate aside.

    Raises:
        VersionError: if the version is not a candidate.
    """
    retired = ModelVersion.objects.filter(pk=version.pk, stage=Stage.CANDIDATE).update(
        stage=Stage.RETIRED
    )
    version.refresh_from_db()
    if not retired:
        raise VersionError(
            f"{version} is {version.get_stage_display()}: only a candidate can be retired. "
            "To take the version in production out, promote another one."
        )


def set_shadow(version: ModelVersion) -> None:
    """Let a candidate answer beside production, unseen; the one that did is a candidate again.

    Raises:
        ModelError: if the version cannot be loaded.
        VersionError: if it is neither a candidate nor the shadow.
    """
    check_loads(version)
    with transaction.atomic():
        rows = list(ModelVersion.objects.select_for_update().order_by("pk"))
        stage = next((row.stage for row in rows if row.pk == version.pk), None)
        if stage not in (Stage.CANDIDATE, Stage.SHADOW):
            raise VersionError(f"Only a candidate can run as shadow; {version} is none.")
        ModelVersion.objects.filter(stage=Stage.SHADOW).update(stage=Stage.CANDIDATE)
        ModelVersion.objects.filter(pk=version.pk).update(stage=Stage.SHADOW)
    version.refresh_from_db()


def end_shadow(version: ModelVersion) -> None:
    """Make the shadow a candidate again. Its answers are kept.

    Raises:
        VersionError: if it is not the shadow.
    """
    shadows = ModelVersion.objects.filter(pk=version.pk, stage=Stage.SHADOW)
    ended = shadows.update(stage=Stage.CANDIDATE)
    version.refresh_from_db()
    if not ended:
        raise VersionError(f"{version} does not run as shadow.")


def production_version() -> ModelVersion:
    """Return the version in production; on first use, the bundled one takes that place.

    Raises:
        NoProductionVersionError: if there is none and none is bundled.
        ModelError: if the bundled one cannot be used.
    """
    # Every request asks. Most of a row is its manifest, which serving reads from its file.
    serving = ModelVersion.objects.filter(stage=Stage.PRODUCTION).defer("manifest")
    return serving.first() or _promote_bundled()


def check_loads(version: ModelVersion) -> None:
    """Load a version as serving would.

    Raises:
        ModelError: if that does not work.
    """
    from classifier.inference.engine import Engine

    Engine.load(version.folder)


def bundled_folders() -> list[Path]:
    """Return the version folders that ship with the plug-in, the newest last."""
    folders = [path.parent for path in models.versions.BUNDLED_FOLDER.glob(f"*/{MANIFEST_NAME}")]
    return sorted(folders, key=lambda folder: (_created(folder), folder.name))


def bundle(version: ModelVersion, name: str) -> Path:
    """Copy what serving needs of a version to the folder that ships with the plug-in.

    Its weights come along in half precision, so that trainings can start from them. The copy's
    manifest has the figures of the file that serves: the newest evaluation of each split on the
    version's own dataset, and its variants.

    Raises:
        ModelError: if the version's files are not what its manifest says.
        VersionError: if a bundled version has that name.
        WeightsError: if a weight is too large for half precision.
    """
    manifest = read_manifest(version.folder)
    contents = {manifest.onnx: verified_bytes(version.folder, manifest, manifest.onnx)}
    if _FULL_WEIGHTS in manifest.files:
        from classifier.training.weights import half_precision

        weights = verified_bytes(version.folder, manifest, _FULL_WEIGHTS)
        contents[_HALF_WEIGHTS] = half_precision(weights)
    destination = models.versions.BUNDLED_FOLDER / name
    if destination.exists():
        raise VersionError(f"There is a bundled version {name} already.")
    files = {file: hashlib.sha256(content).hexdigest() for file, content in contents.items()}
    with new_version_folder(destination) as folder:
        for file, content in contents.items():
            (folder / file).write_bytes(content)
        metrics = {**manifest.metrics, **_measured(version)}
        write_manifest(folder, replace(manifest, name=name, files=files, metrics=metrics))
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


def _promote_bundled() -> ModelVersion:
    folders = bundled_folders()
    if not folders:
        raise NoProductionVersionError(
            "No model is in production. Train one, and promote its version in the admin."
        )
    for folder in folders:  # the others wait as candidates
        version = register_version(folder, bundled=True)
    check_loads(version)
    _put_in_production(version, only_if_vacant=True)
    return ModelVersion.objects.get(stage=Stage.PRODUCTION)


def _put_in_production(version: ModelVersion, only_if_vacant: bool = False) -> None:
    with transaction.atomic():
        # All rows are locked, in one order: two promotions at once come one after the other.
        rows = list(ModelVersion.objects.select_for_update().order_by("pk"))
        current = [row for row in rows if row.stage == Stage.PRODUCTION]
        if current and (only_if_vacant or current[0].pk == version.pk):
            return
        ModelVersion.objects.filter(stage=Stage.PRODUCTION).update(stage=Stage.RETIRED)
        promoted = ModelVersion.objects.filter(pk=version.pk).update(
            stage=Stage.PRODUCTION, promoted_at=timezone.now()
        )
        if not promoted:
            raise MissingModelError(f"The version {version} was deleted.")
    version.refresh_from_db()


def _relative(folder: Path) -> str:
    root = Path(conf.ROOT).resolve()
    try:
        return str(folder.resolve().relative_to(root))
    except ValueError as error:
        raise VersionError(f"The folder {folder.name} is not under CLASSIFIER_ROOT.") from error


def _created(folder: Path) -> str:
    try:
        return read_manifest(folder).created
    except ModelError:
        return ""
