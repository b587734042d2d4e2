"""Which version serves: promoting, rolling back, retiring, the shadow, and the bundled one."""

import logging
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from classifier.inference.manifest import MissingModelError, ModelError
from classifier.models import ModelVersion, Promotion
from classifier.versions.bundles import bundled_folders, default_folder
from classifier.versions.gate import check_open, sentence
from classifier.versions.history import version_before
from classifier.versions.registry import VersionError, register_version

logger = logging.getLogger(__name__)
Stage = ModelVersion.Stage


class NoProductionVersionError(MissingModelError):
    """No version is in production, and none is bundled."""


def promote(version: ModelVersion, by: AbstractBaseUser | None, reason: str = "") -> None:
    """Let a version serve that its gate lets pass, or that somebody vouches for.

    The one that served is retired: exactly one is in production after it.

    Args:
        version: what is to serve.
        by: who promotes it; None for the program, which nobody has given a right.
        reason: why; a version with a red check is promoted for a written reason only.

    Raises:
        ModelError: if the version cannot be loaded; nothing changes then.
        GateError: if something is red, and the user lacks the right or gave no reason.
    """
    check_loads(version)
    red = [sentence(check) for check in check_open(version, by, reason)]
    by_name = by.get_username() if by else ""
    put_in_production(version, by=by_name, reason=reason.strip(), red=red)
    logger.info("%s is in production.", version)


def roll_back(to: ModelVersion, by: AbstractBaseUser, reason: str = "") -> None:
    """Let the version serve again that served before the present one. It passes no gate.

    Raises:
        ModelError: if it cannot be loaded; nothing changes then.
        VersionError: if it is not the one that served before, by now.
    """
    check_loads(to)
    with transaction.atomic():
        lock_all()
        if version_before() != to:
            raise VersionError(
                f"{to} is not the version that served before, by now: look at the history again."
            )
        kind, name = Promotion.Kind.ROLLED_BACK, by.get_username()
        put_in_production(to, kind=kind, by=name, reason=reason.strip())
    logger.info("%s is in production again.", to)


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
        rows = lock_all()
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


def lock_all() -> list[ModelVersion]:
    """Lock all versions, in one order: two changes of stages at once come one after the other."""
    return list(ModelVersion.objects.select_for_update().order_by("pk"))


def put_in_production(version: ModelVersion, only_if_vacant: bool = False, **noted: Any) -> None:
    """Let a version serve without asking its gate, and note that in the history.

    Args:
        version: what is to serve; what serves already stays as it is.
        only_if_vacant: change nothing if any version serves.
        noted: values of the `Promotion`.

    Raises:
        MissingModelError: if the version was deleted.
    """
    with transaction.atomic():
        current = [r for r in lock_all() if r.stage == Stage.PRODUCTION and not _is_gone(r)]
        if current and (only_if_vacant or current[0].pk == version.pk):
            return
        now = timezone.now()
        ModelVersion.objects.filter(stage=Stage.PRODUCTION).update(stage=Stage.RETIRED)
        promoted = ModelVersion.objects.filter(pk=version.pk).update(
            stage=Stage.PRODUCTION, promoted_at=now
        )
        if not promoted:
            raise MissingModelError(f"The version {version} was deleted.")
        Promotion.objects.filter(ended_at=None).update(ended_at=now)
        Promotion.objects.create(version=version, version_name=version.name, at=now, **noted)
    version.refresh_from_db()


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
    try:
        versions = {folder: register_version(folder, bundled=True) for folder in folders}
    except VersionError as error:  # one of the same name was trained or imported here
        raise ModelError(f"The bundled versions cannot be registered: {error}") from error
    version = versions[default]  # the others wait as candidates
    check_loads(version)
    put_in_production(version, only_if_vacant=True, kind=Promotion.Kind.INSTALLED)
    return ModelVersion.objects.get(stage=Stage.PRODUCTION)
