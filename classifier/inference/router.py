"""Which method answers for an image: the neural model, or the rules."""

import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from PIL import Image

from classifier.inference.engine import Engine
from classifier.inference.preprocessing import prepare
from classifier.logo_types import CLASS_NAMES


class Method(StrEnum):
    """How a type was found."""

    NEURAL = "neural"


@dataclass(frozen=True)
class Answer:
    """An image's type. Confidence and probabilities run from 0 to 1."""

    logo_type: str
    confidence: float
    probabilities: dict[str, float]
    method: str
    model_version: str
    milliseconds: float

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def answer(image: Image.Image, engine: Engine, started: float) -> Answer:
    """Classify an RGBA image; `started` is when its reading began, by `time.perf_counter`."""
    batch = prepare(image, engine.manifest.input_size)[np.newaxis]
    probabilities = engine.probabilities(batch)[0]
    best = int(probabilities.argmax())
    return Answer(
        logo_type=CLASS_NAMES[best],
        confidence=round(float(probabilities[best]), 4),
        probabilities={
            name: round(float(value), 4)
            for name, value in zip(CLASS_NAMES, probabilities, strict=True)
        },
        method=Method.NEURAL,
        model_version=engine.manifest.name,
        milliseconds=round((time.perf_counter() - started) * 1000, 2),
    )
