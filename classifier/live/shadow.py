"""The shadow version answers live uploads, too, outside of the request's way.

An upload waits as a file for the next run of a short task, and is deleted with its answer.
"""

import logging
import random
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files import File
from django.db.models import QuerySet

from classifier.conf import conf
from classifier.images import ImageError
from classifier.inference.manifest import ModelError
from classifier.live import serving
from classifier.live.recording import recorder
from classifier.live.stages import live_stages
from classifier.models import LivePrediction, ModelVersion, ShadowPrediction

if TYPE_CHECKING:
    from classifier.inference.engine import Engine
    from classifier.inference.router import Answer

logger = logging.getLogger(__name__)
_MOST_WAITING = 200  # files; while there are as many, further uploads are left out
_MOST_BYTES = 4 * 2**20  # of one upload
_DRAFT_SECONDS = 60  # a file that is still not written by then never will be


def show(uploads: Mapping[uuid.UUID, File]) -> None:
    """Let images wait for the shadow version, if there is one: files by their answer's id.

    Only CLASSIFIER_SHADOW_SHARE of them, chosen at random, and nothing while many wait.
    """
    chosen = [
        (pk, upload)
        for pk, upload in uploads.items()
        if upload.size <= _MOST_BYTES and random.random() < conf.SHADOW_SHARE
    ]
    if not chosen or ModelVersion.Stage.SHADOW not in live_stages():
        return
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        recorder.flush()  # the answers that the shadow's belong to
        room = _MOST_WAITING - sum(1 for _ in folder.iterdir())
        for pk, upload in chosen[: max(0, room)]:
            draft = folder / f".{pk}"
            with draft.open("wb") as file:
                file.writelines(upload.chunks())
            draft.rename(folder / str(pk))
    except OSError:
        logger.exception("Uploads could not be kept for the shadow version.")


def score_waiting() -> int:
    """Let the shadow version answer what waits; return how many answers were stored.

    Every waiting file is deleted, whether it could be answered or not.
    """
    waiting = dict(_waiting())
    version = shadows().first()
    engine = _load(version) if version and waiting else None
    known = LivePrediction.objects.in_bulk(waiting)
    rows = []
    for pk, file in waiting.items():
        answer = _answer(engine, file) if engine and pk in known else None
        if answer:
            values = {"logo_type": answer.logo_type, "confidence": answer.confidence}
            rows.append(ShadowPrediction(prediction_id=pk, version=version, **values))
        file.unlink(missing_ok=True)
    return len(ShadowPrediction.objects.bulk_create(rows, ignore_conflicts=True))


def shadows() -> QuerySet[ModelVersion]:
    """Return the shadow version, or none."""
    return ModelVersion.objects.filter(stage=ModelVersion.Stage.SHADOW)


def _folder() -> Path:
    return Path(conf.ROOT) / "shadow"


def _waiting() -> Iterator[tuple[uuid.UUID, Path]]:
    """Yield the files that wait, by their answer's id; delete what was never written whole."""
    folder = _folder()
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not file.name.startswith("."):
            yield uuid.UUID(file.name), file
        elif time.time() - file.stat().st_mtime > _DRAFT_SECONDS:
            file.unlink(missing_ok=True)


def _load(version: ModelVersion) -> "Engine | None":
    from classifier.inference.engine import Engine

    try:
        return Engine.load(version.folder)
    except ModelError as error:
        logger.error("The shadow version %s cannot be loaded: %s", version, error)
        return None


def _answer(engine: "Engine", file: Path) -> "Answer | None":
    """Answer as serving would; None if the file is gone or cannot be read."""

    try:
        return serving.classify_with(engine, file, "neural")
    except (OSError, ImageError) as error:
        logger.warning("The shadow version left an upload out: %s", error)
        return None
