"""Which method answers for an image: the neural model, or the rules."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self

import numpy as np
from PIL import Image

from classifier.inference.engine import Engine
from classifier.inference.preprocessing import prepare
from classifier.logo_types import CLASS_NAMES


class Method(StrEnum):
    """How a type is asked for."""

    HYBRID = "hybrid"
    NEURAL = "neural"
    RULES = "rules"


@dataclass(frozen=True)
class Routing:
    """When which method answers. A version's manifest may hold other values under `routing`."""

    # The rules alone answer from this confidence on. Above 1: never, until a fit on validation
    # shows where they are as often right as the model.
    rules_confidence: float = 2.0
    # Below this confidence an answer is not certain.
    certain_confidence: float = 0.5
    # What the model takes for one image; a smaller budget leaves the rules to answer.
    neural_milliseconds: float = 10.0

    @classmethod
    def of(cls, engine: Engine | None) -> Self:
        """Return a version's routing."""
        values = engine.manifest.routing if engine else {}
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True)
class Answer:
    """An image's type. Confidence and probabilities run from 0 to 1.

    `method` is what answered, whatever was asked for; `reason` is the rules' alone.
    """

    logo_type: str
    confidence: float
    certain: bool
    probabilities: dict[str, float]
    method: str
    reason: str
    model_version: str
    milliseconds: float

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def answer(
    read: Callable[[], Image.Image],
    engine: Engine | None,
    method: Method = Method.HYBRID,
    budget_ms: float | None = None,
) -> Answer:
    """Classify an image.

    Args:
        read: gives the image, of mode RGBA; its time counts.
        engine: the neural model; without one the rules answer.
        method: hybrid lets the rules answer alone where they are as good as the model.
        budget_ms: less time than the model takes leaves the rules to answer.
    """
    started = time.perf_counter()
    image = read()
    routing = Routing.of(engine)
    hurried = budget_ms is not None and budget_ms < routing.neural_milliseconds
    reason = ""
    if engine is None or hurried or method == Method.RULES:
        probabilities, reason = _by_rules(image)
    else:
        probabilities = None
        if method == Method.HYBRID and routing.rules_confidence <= 1:
            probabilities, reason = _by_rules(image)
        if probabilities is None or probabilities.max() < routing.rules_confidence:
            prepared = prepare(image, engine.manifest.input_size)
            probabilities, reason = engine.probabilities(prepared[np.newaxis])[0], ""
    best = int(probabilities.argmax())
    return Answer(
        logo_type=CLASS_NAMES[best],
        confidence=round(float(probabilities[best]), 4),
        certain=bool(probabilities[best] >= routing.certain_confidence),
        probabilities=_named(probabilities),
        method=Method.RULES if reason else Method.NEURAL,
        reason=reason,
        model_version="" if reason else engine.manifest.name,
        milliseconds=round((time.perf_counter() - started) * 1000, 2),
    )


def _by_rules(image: Image.Image) -> tuple[np.ndarray, str]:
    from classifier.inference import rules

    found = rules.classify(image)
    return found.probabilities, found.reason


def _named(probabilities: np.ndarray) -> dict[str, float]:
    return {
        name: round(float(value), 4) for name, value in zip(CLASS_NAMES, probabilities, strict=True)
    }
