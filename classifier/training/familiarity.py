"""Learning what does not look like a logo, once the network is trained.

A straight line through what the head sees of the image's statistics and of the early maps, between
logos (as they are, and as people upload them) and drawn pictures that are none. Late features know
which type a logo is, and little of what else there is in the world.
"""

import random
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from classifier.data.strangers import draw_stranger
from classifier.inference.preprocessing import compose, prepare, read_image
from classifier.training.config import TrainingConfig
from classifier.training.dataset import MAX_PIXELS, ArrayCache, LabelledImage, TrainingData
from classifier.training.model import LogoClassifier

FALSE_ALARMS = 0.02  # of the validation logos, half of them as people upload them
_LOGOS, _STRANGERS, _COLLECTED = 2000, 1200, 200
_INVERSE_REGULARISATION = 0.003
_FARTHEST = 5.0  # standard deviations from the mean; what lies beyond counts as being there
_BATCH = 64


class Strangeness(nn.Module):
    """A linear score that is above 0 for what does not look like a logo."""

    mean: Tensor  # float32 [K], as `deviation` and `weight`
    deviation: Tensor
    weight: Tensor
    bias: Tensor  # float32 []

    def __init__(self, mean: Tensor, deviation: Tensor, weight: Tensor, bias: float) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self.register_buffer("weight", weight)
        self.register_buffer("bias", torch.tensor(bias))

    def forward(self, pooled: Tensor) -> Tensor:
        """Map what goes past the backbone, [N, K], to scores [N]."""
        scaled = ((pooled - self.mean) / self.deviation).clamp(-_FARTHEST, _FARTHEST)
        return (scaled * self.weight).sum(1) + self.bias


def learn_strangers(
    model: LogoClassifier, config: TrainingConfig, data: TrainingData, cache: ArrayCache
) -> Strangeness | None:
    """Return what tells logos from other pictures; None for a network without pooled statistics.

    Raises:
        DecodingStoppedError: if the cache is asked to stop.
        UnreadableImageError: when an image file is broken.
    """
    if not model.early_groups:
        return None
    size = config.input_size
    rows = random.Random(config.seed).sample(range(len(data.train)), min(_LOGOS, len(data.train)))
    chosen = [data.train[row] for row in rows]
    # Those of the whole split are there already if it was trained on them.
    copies = cache.uploads(data.train, size)[rows] if config.uploads else None
    logos = _seen(model, chosen, size, cache, copies)
    count = min(_STRANGERS, len(data.train))
    strangers = _pooled(model, np.stack(list(_strangers(chosen, size, count))))
    line = fit_line(logos, strangers)
    scores = line(torch.from_numpy(_seen(model, data.val, size, cache)))
    line.bias -= scores.quantile(1 - FALSE_ALARMS)
    return line


def fit_line(logos: np.ndarray, strangers: np.ndarray) -> Strangeness:
    """Return the line between two sets of points, float32 [N, K] each, by logistic regression."""
    points = np.concatenate([logos, strangers])
    mean, deviation = points.mean(0), points.std(0) + 1e-6
    scaled = np.clip((points - mean) / deviation, -_FARTHEST, _FARTHEST)
    strange = np.arange(len(points)) >= len(logos)
    found = LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=300).fit(scaled, strange)
    centre, spread, weight = (
        torch.from_numpy(values).float() for values in (mean, deviation, found.coef_[0])
    )
    return Strangeness(centre, spread, weight, float(found.intercept_[0]))


def _seen(
    model: LogoClassifier,
    images: list[LabelledImage],
    size: int,
    cache: ArrayCache,
    copies: np.ndarray | None = None,
) -> np.ndarray:
    """Return what is pooled of logos as they are and as one upload each, [2 * N, K]."""
    clean = cache.serving(images, size).pixels
    copies = cache.uploads(images, size) if copies is None else copies
    return np.concatenate([_pooled(model, clean), _pooled(model, copies[:, 0])])


@torch.no_grad()
def _pooled(model: LogoClassifier, pixels: np.ndarray) -> np.ndarray:
    """Return what goes past the backbone to the head, float32 [N, K], of uint8 [N, S, S, 3]."""
    model.eval()
    parts = []
    for start in range(0, len(pixels), _BATCH):
        batch = torch.from_numpy(pixels[start : start + _BATCH].copy()).to(model.mean.device)
        images = (batch.permute(0, 3, 1, 2).float() / 255).contiguous(
            memory_format=torch.channels_last
        )
        parts.append(model.prefix(images, model.early_groups).pooled.cpu())
    return torch.cat(parts).numpy()


def _strangers(logos: list[LabelledImage], size: int, count: int) -> Iterator[np.ndarray]:
    """Yield drawn pictures that are no logos, prepared as for serving."""
    shown = []
    for logo in logos[:_COLLECTED]:
        seen = compose(read_image(logo.path, MAX_PIXELS), logo.background)
        shown.append(Image.fromarray(seen))
    for number in range(count):
        yield prepare(draw_stranger(number, shown).convert("RGBA"), size)
