"""Which version serves: promoting, retiring, the shadow, and the bundled one on first use."""

import logging

from django.db import transaction
from django.utils import timezone

from classifier.inference.manifest import MissingModelError
from classifier.models import ModelVersion
from classifier.versions.bundles import bundled_folders, default_folder
from classifier.versions.registry import VersionError, register_version

logger = logging.getLogger(__name__)
Stage = ModelVersion.Stage


class NoProductionVersionError(MissingModelError):
    """No version is in production, and none is bundled."""


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

    So it does after an upgrade that brought it instead of the bundled one that served.

    Raises:
        NoProductionVersionError: if there is none and none is bundled.
        ModelError: if the bundled one cannot be used.
    """
    # Every request asks. Most of a row is its manifest, which serving reads from its file.
    serving = ModelVersion.objects.filter(stage=Stage.PRODUCTION).defer("manifest")
    version = serving.first()
    return _promote_bundled() if version is None or _is_gone(version) else version


def check_loads(version: ModelVersion) -> None:
    """Load a version as serving would.

    Raises:
        ModelError: if that does not work.
    """
    from classifier.inference.engine import Engine

    Engine.load(version.folder)


def _is_gone(version: ModelVersion) -> bool:
    """Tell whether a version shipped with an earlier release of the plug-in, and no longer does."""
    return version.bundled and not version.own_folder.is_dir()


def _promote_bundled() -> ModelVersion:
    folders = bundled_folders()
    default = default_folder()
    if default is None:
        raise NoProductionVersionError(
            "No model is in production. Train one, and promote its version in the admin."
        )
    versions = {folder: register_version(folder, bundled=True) for folder in folders}
    version = versions[default]  # the others wait as candidates
    check_loads(version)
    _put_in_production(version, only_if_vacant=True)
    return ModelVersion.objects.get(stage=Stage.PRODUCTION)


def _put_in_production(version: ModelVersion, only_if_vacant: bool = False) -> None:
    with transaction.atomic():
        # All rows are locked, in one order: two promotions at once come one after the other.
        rows = list(ModelVersion.objects.select_for_update().order_by("pk"))
        current = [row for row in rows if row.stage == Stage.PRODUCTION and not _is_gone(row)]
        if current and (only_if_vacant or current[0].pk == version.pk):
            return
        ModelVersion.objects.filter(stage=Stage.PRODUCTION).update(stage=Stage.RETIRED)
        promoted = ModelVersion.objects.filter(pk=version.pk).update(
            stage=Stage.PRODUCTION, promoted_at=timezone.now()
        )
        if not promoted:
            raise MissingModelError(f"The version {version} was deleted.")
    version.refresh_from_db()
