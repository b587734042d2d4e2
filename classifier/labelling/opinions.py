"""What the version in production, the shadow and the rules each think of logos."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from classifier.conf import conf
from classifier.images import ImageError
from classifier.inference.manifest import ModelError
from classifier.inference.preprocessing import prepare, read_image
from classifier.labelling.candidates import Candidate
from classifier.lib.progress import Tell
from classifier.live.shadow import shadows
from classifier.logo_types import CLASS_NAMES
from classifier.versions.promotion import production_version

if TYPE_CHECKING:
    from classifier.inference.engine import Engine

logger = logging.getLogger(__name__)
MODEL, SHADOW, RULES, SAID = "model", "shadow", "rules", "said"
_BATCH = 64
_TRUST = 0.85  # in a type that an uploader or an import's folder gave


def opinions_on(
    logos: Sequence[Candidate], tell: Tell
) -> tuple[list[Candidate], dict[str, np.ndarray]]:
    """Return the logos that can be read, and each member's probabilities for them, float [N, 4].

    A row of NaN says that the member has no opinion. Without a model that serves the rules stand
    in its place.

    Raises:
        whatever `tell` raises.
    """
    engines = _engines()
    readable: list[Candidate] = []
    parts: dict[str, list[np.ndarray]] = {name: [] for name in (*engines, RULES)}
    for start in range(0, len(logos), _BATCH):
        batch, images = _read(logos[start : start + _BATCH])
        if batch:
            readable += batch
            for name, engine in engines.items():
                parts[name].append(_answers(engine, batch, images))
            parts[RULES].append(_ruled(batch, images))
        tell(min(start + _BATCH, len(logos)) / len(logos))
    if not readable:
        return [], {}
    found = {name: np.concatenate(rows) for name, rows in parts.items()}
    found[SAID] = np.stack([_said(logo) for logo in readable])
    return readable, {MODEL: found[RULES]} | found


def _engines() -> "dict[str, Engine]":
    """Return the model's and the shadow's engine, those that can be loaded."""
    from classifier.inference.engine import Engine

    engines = {}
    for name, find in ((MODEL, production_version), (SHADOW, shadows().first)):
        try:
            version = find()
            if version:
                engines[name] = Engine.load(version.folder)
        except ModelError as error:
            logger.warning("The %s gives no opinion on what to label: %s", name, error)
    return engines


def _read(logos: Sequence[Candidate]) -> tuple[list[Candidate], list]:
    """Read images; leave out the logos whose file is broken or gone."""
    pairs = []
    for logo in logos:
        try:
            pairs.append((logo, read_image(logo.file, conf.MAX_PIXELS)))
        except (ImageError, OSError) as error:
            logger.warning("%s cannot be offered for labelling: %s", logo.file.name, error)
    return [logo for logo, _ in pairs], [image for _, image in pairs]


def _answers(engine: "Engine", logos: list[Candidate], images: list) -> np.ndarray:
    size = engine.manifest.input_size
    prepared = [
        prepare(image, size, logo.background) for logo, image in zip(logos, images, strict=True)
    ]
    return engine.probabilities(np.stack(prepared))


def _ruled(logos: list[Candidate], images: list) -> np.ndarray:
    from classifier.inference import rules

    return np.stack(
        [
            rules.classify(image, logo.background).probabilities
            for logo, image in zip(logos, images, strict=True)
        ]
    )


def _said(logo: Candidate) -> np.ndarray:
    if logo.said not in CLASS_NAMES:
        return np.full(len(CLASS_NAMES), np.nan)
    rest = (1 - _TRUST) / (len(CLASS_NAMES) - 1)
    return np.array([_TRUST if name == logo.said else rest for name in CLASS_NAMES])
