"""Learning from a teacher: another version's probabilities as soft targets beside the labels.

Hinton, Vinyals, Dean: Distilling the Knowledge in a Neural Network (2015),
https://arxiv.org/abs/1503.02531
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from torch import Tensor

from classifier.inference.engine import Engine
from classifier.inference.manifest import sha256_of_manifest
from classifier.training.dataset import LabelledImage, content_key, serving_pixels

_CHUNK = 64


def distilled_loss(
    loss: Tensor, logits: Tensor, teacher: Tensor, weight: float, temperature: float
) -> Tensor:
    """Return the loss on the labels mixed with the cross-entropy to the softened teacher.

    Args:
        loss: on the labels.
        logits: of the student, [N, classes].
        teacher: probabilities [N, classes], not softened.
        weight: share of the teacher, 0 to 1.
        temperature: above 1, the teacher's doubts weigh more. Its square keeps the gradients' size.
    """
    softened = (teacher.clamp(min=1e-7).log() / temperature).softmax(1)
    follow = -(softened * (logits / temperature).log_softmax(1)).sum(1).mean()
    return (1 - weight) * loss + weight * temperature**2 * follow


def teacher_probabilities(
    folder: Path,
    images: list[LabelledImage],
    cache: Path,
    on_chunk: Callable[[float], None] = lambda share: None,
) -> np.ndarray:
    """Return a version's probabilities for training images, float32 [N, classes].

    Each image is seen once, as serving prepares it, and the answers are kept in a file: a teacher
    that saw every augmented view would double the cost of the training.

    Args:
        folder: of the teacher's version.
        images: what it answers for.
        cache: folder that keeps the answers.
        on_chunk: hears of the share done, 0 to 1; may raise to stop.

    Raises:
        ModelError: if the teacher's files cannot be used.
        UnreadableImageError: if an image file is broken.
    """
    path = cache / f"teacher-{sha256_of_manifest(folder)[:16]}-{content_key(images)}.npy"
    if path.exists():
        return np.load(path, allow_pickle=False)
    engine = Engine.load(folder)
    size, parts = engine.manifest.input_size, []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(images), _CHUNK):
            on_chunk(start / len(images))
            chunk = images[start : start + _CHUNK]
            pixels = list(pool.map(serving_pixels, chunk, [size] * len(chunk)))
            parts.append(engine.probabilities(np.stack(pixels)))
    probabilities = np.concatenate(parts)
    cache.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}-{os.getpid()}.partial")
    try:
        with draft.open("wb") as file:
            np.save(file, probabilities, allow_pickle=False)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return probabilities
