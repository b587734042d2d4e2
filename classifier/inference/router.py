"""Which method answers for an image: the neural model, or the rules."""

import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

import numpy as np
from PIL import Image

from classifier.inference.engine import Engine
from classifier.inference.preprocessing import prepare
from classifier.logo_types import CLASS_NAMES

_NEWEST = 0.1  # part of the newest image in the running estimate of the model's time
_SLOWEST = 3  # times the estimate


class Method(StrEnum):
    """How a type is asked for, and what answered: hybrid is then a combination of both."""

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
    # Where both disagree and the model's confidence is below this, they answer together.
    combined_below: float = 0.0
    # The model's part in such an answer. 1: the model decides alone.
    neural_weight: float = 1.0
    # What the model takes for one image, until this process has an estimate of its own; a smaller
    # budget leaves the rules to answer.
    neural_milliseconds: float = 10.0

    @classmethod
    def of(cls, engine: Engine | None) -> Self:
        values = engine.manifest.routing if engine else {}
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True)
class Answer:
    """An image's type. Confidence and probabilities run from 0 to 1.

    `method` is what answered, whatever was asked for; `reason` is why the rules had a say.
    `familiar` is False for what does not look like a logo, and None where nothing can tell: the
    rules, or a version that has not learnt it.
    """

    logo_type: str
    confidence: float
    certain: bool
    familiar: bool | None
    probabilities: dict[str, float]
    method: str
    reason: str
    model_version: str
    milliseconds: float

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _ANSWER}


_ANSWER = tuple(field.name for field in fields(Answer))  # asdict copies deeply, and takes longer


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
    familiar = None
    if engine is None or method == Method.RULES:
        chosen, probabilities, reason = Method.RULES, *_by_rules(image)
    elif budget_ms is not None and budget_ms < (needed := _needed(engine, routing)):
        chosen, probabilities, reason = Method.RULES, *_by_rules(image)
        _note(engine, routing, routing.neural_milliseconds)  # or it would never be tried again
        reason = f"{budget_ms:g} ms are too little for the model (about {needed:.0f} ms). {reason}"
    elif method == Method.NEURAL:
        chosen, reason = Method.NEURAL, ""
        probabilities, familiar = _by_model(image, engine, routing, started)
    else:
        chosen, probabilities, reason, familiar = _by_both(image, engine, routing, started)
    best = int(probabilities.argmax())
    return Answer(
        logo_type=CLASS_NAMES[best],
        confidence=round(float(probabilities[best]), 4),
        certain=bool(probabilities[best] >= routing.certain_confidence) and familiar is not False,
        familiar=familiar,
        probabilities=_named(probabilities),
        method=chosen,
        reason=reason,
        model_version=engine.manifest.name if engine and chosen != Method.RULES else "",
        milliseconds=round((time.perf_counter() - started) * 1000, 2),
    )


def _by_both(
    image: Image.Image, engine: Engine, routing: Routing, started: float
) -> tuple[Method, np.ndarray, str, bool | None]:
    """Let the rules answer where they are sure enough, else the model, or both together."""
    ruled, reason = None, ""
    if routing.rules_confidence <= 1:
        ruled, reason = _by_rules(image)
        if ruled.max() >= routing.rules_confidence:
            return Method.RULES, ruled, reason, None
    found, familiar = _by_model(image, engine, routing, started)
    if routing.neural_weight >= 1 or found.max() >= routing.combined_below:
        return Method.NEURAL, found, "", familiar
    if ruled is None:
        ruled, reason = _by_rules(image)
    if found.argmax() == ruled.argmax():
        return Method.NEURAL, found, "", familiar
    return Method.HYBRID, mixed(found, ruled, routing.neural_weight), reason, familiar


def mixed(neural: np.ndarray, rules: np.ndarray, weight: float) -> np.ndarray:
    """Return normalised neural**weight * rules**(1 - weight), float [..., classes].

    A logarithmic opinion pool: Heskes, "Selecting weighting factors in logarithmic opinion
    pools", 1998.
    """
    product = np.clip(neural, 1e-6, 1) ** weight * np.clip(rules, 1e-6, 1) ** (1 - weight)
    return product / product.sum(axis=-1, keepdims=True)


def _by_model(
    image: Image.Image, engine: Engine, routing: Routing, started: float
) -> tuple[np.ndarray, bool | None]:
    """Ask the model for probabilities and whether it knows such images.

    Notes how long an image takes it, from its file to the answer.
    """
    prepared = prepare(image, engine.manifest.input_size)
    probabilities, familiar = engine.answers(prepared[np.newaxis])
    _note(engine, routing, (time.perf_counter() - started) * 1000)
    return probabilities[0], None if familiar is None else bool(familiar[0])


def _needed(engine: Engine, routing: Routing) -> float:
    """Return the milliseconds that the model probably takes for an image in this process."""
    return routing.neural_milliseconds if engine.milliseconds is None else engine.milliseconds


def _note(engine: Engine, routing: Routing, milliseconds: float) -> None:
    """Move the running estimate a little; a single slow image, like the first, counts no more."""
    known = _needed(engine, routing)
    engine.milliseconds = known + _NEWEST * (min(milliseconds, _SLOWEST * known) - known)


def _by_rules(image: Image.Image) -> tuple[np.ndarray, str]:
    from classifier.inference import rules

    found = rules.classify(image)
    return found.probabilities, found.reason


def _named(probabilities: np.ndarray) -> dict[str, float]:
    return {
        name: round(float(value), 4) for name, value in zip(CLASS_NAMES, probabilities, strict=True)
    }
