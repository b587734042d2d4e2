"""What it saves to keep the frozen part's activations instead of computing them each epoch."""

import time
from collections.abc import Iterable

from torch import Tensor
from torch.nn.functional import cross_entropy

from classifier.logo_types import CLASS_NAMES
from classifier.training.config import TrainingConfig
from classifier.training.dataset import ArrayCache, TrainingData
from classifier.training.losses import smooth_targets
from classifier.training.model import Activations, LogoClassifier, build_model
from classifier.training.optimization import build_optimizer
from classifier.training.stages import Batches, Stage


def head_epoch_seconds(config: TrainingConfig, data: TrainingData) -> tuple[float, float]:
    """Return the CPU seconds of an epoch of the head alone: from kept activations, and anew."""
    model = build_model(config).eval()
    images = ArrayCache(data.cache).training(data.train, config.input_size)
    stage = Stage("head", 1, len(model.features))
    batches = Batches(model, images, config, stage)

    def epoch_seconds() -> float:
        started = time.process_time()
        _train_head(config, model, batches.epoch(1))
        return time.process_time() - started

    anew = epoch_seconds()
    for _ in batches.fill_cache():
        pass
    epoch_seconds()  # warms up
    return epoch_seconds(), anew


def _train_head(
    config: TrainingConfig, model: LogoClassifier, batches: Iterable[tuple[Activations, Tensor]]
) -> None:
    groups = len(model.features)
    optimizer = build_optimizer(config, model, groups)
    for activations, labels in batches:
        targets = smooth_targets(labels, len(CLASS_NAMES), config.label_smoothing)
        optimizer.zero_grad()
        cross_entropy(model.suffix(activations, groups), targets).backward()
        optimizer.step()
