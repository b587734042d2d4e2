"""What this process serves: the loaded production version, kept until another is promoted."""

import logging
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.conf import conf
from classifier.images.guarded import read_image
from classifier.inference.manifest import CorruptModelError, ModelError, sha256_of_manifest
from classifier.live.stages import live_stages
from classifier.models import ModelVersion
from classifier.versions.promotion import production_version

if TYPE_CHECKING:
    from PIL.Image import Image

    from classifier.inference.engine import Engine
    from classifier.inference.router import Answer

logger = logging.getLogger(__name__)
_RETRY_SECONDS = 10.0
_RULES_SIZE = 192  # big images are shrunk to a few times this side for the rules


@dataclass
class _Served:
    """The loaded engine with the version it is of, and what went wrong with a newer one."""

    key: tuple[str, str] = ("", "")  # folder and hash of the manifest
    row: tuple[int, str] = (0, "")  # the version's key in the database, and that hash
    engine: "Engine | None" = None
    refused: tuple[str, str] = ("", "")
    refused_at: float = 0.0
    problem: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


_served = _Served()


def production_engine() -> "Engine":
    """Return the engine of the version in production: see `production`."""
    return production()[0]


def production() -> tuple["Engine", str]:
    """Return the engine of the version in production, and the hash of its manifest.

    A version that was promoted by another process is noticed by its row. One that cannot be
    loaded is refused, and the version before it goes on serving.

    Raises:
        ModelError: if nothing can serve.
    """
    row = live_stages().get(ModelVersion.Stage.PRODUCTION)
    with _served.lock:
        if _served.engine is not None and row == _served.row and not _served.problem:
            return _served.engine, _served.key[1]
    try:
        version = production_version()
    except ModelError as error:
        _served.problem = str(error)
        raise
    key = (str(version.own_folder), version.manifest_sha256)
    with _served.lock:
        if key == _served.key:
            _served.problem, _served.refused = "", ("", "")
        elif not _recently_refused(key):
            _load(version, key)
        if _served.engine is None:
            raise ModelError(_served.problem)
        return _served.engine, _served.key[1]


def engine_for(method: str) -> tuple["Engine | None", str]:
    """Return what is needed to answer by a method: `production`, or None and "" for the rules.

    Where no model can serve the rules answer, unless the neural method was asked for.

    Raises:
        ModelError: if nothing can serve.
    """
    if method == "rules":
        return None, ""
    try:
        return production()
    except ModelError:
        if method == "neural":
            raise
        return None, ""


def classify(
    source: bytes | Path, method: str = "hybrid", budget_ms: float | None = None
) -> "Answer":
    """Classify an image file, given its content or its path.

    Args:
        source: content or path.
        method: "hybrid", "neural" or "rules".
        budget_ms: see `classifier.inference.router.answer`.

    Raises:
        UnreadableImageError: if it is no image, or damaged.
        ImageTooLargeError: if it has more than CLASSIFIER_MAX_PIXELS pixels, or is too costly.
        DecoderBusyError: if too many images are being read.
        ModelError: if nothing can serve.
    """
    engine, _ = engine_for(method)
    return classify_with(engine, source, method, budget_ms)


def classify_with(
    engine: "Engine | None", source: bytes | Path, method: str, budget_ms: float | None = None
) -> "Answer":
    """Classify an image file with what `engine_for` gave: see `classify`."""
    from classifier.inference.router import Method, answer

    size = engine.manifest.input_size if engine else _RULES_SIZE

    def read() -> "Image":
        return read_image(source, conf.MAX_PIXELS, size)

    return answer(read, engine, Method(method), budget_ms)


def serving_problem() -> str:
    """Say why the version in production does not serve in this process; empty if it does."""
    try:
        production_engine()
    except ModelError as error:
        return str(error)
    return _served.problem


def forget() -> None:
    """Unload the engine; the next request loads what production is then."""
    with _served.lock:
        _served.key, _served.row, _served.engine = ("", ""), (0, ""), None
        _served.refused, _served.problem = ("", ""), ""


def _recently_refused(key: tuple[str, str]) -> bool:
    return key == _served.refused and time.monotonic() - _served.refused_at < _RETRY_SECONDS


def _load(version: ModelVersion, key: tuple[str, str]) -> None:
    """Load a version in place of the one before; if that fails, keep that one and say why."""
    from classifier.inference.engine import Engine

    try:
        if sha256_of_manifest(version.folder) != version.manifest_sha256:
            raise CorruptModelError("its manifest was changed after it was registered.")
        engine = Engine.load(version.folder, conf.THREADS)
    except ModelError as error:
        logger.error("%s cannot serve: %s", version, error)
        _served.refused, _served.refused_at = key, time.monotonic()
        _served.problem = f"{version} cannot serve: {error}"
        return
    _served.engine, _served.key, _served.problem = engine, key, ""
    _served.row = (version.pk, version.manifest_sha256)
