"""Losses on soft targets: each takes logits and targets [N, classes] and gives a scalar."""

from collections.abc import Callable

import torch
from torch import Tensor

from classifier.training.config import TrainingConfig

Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(logits: Tensor, targets: Tensor, class_weights: Tensor) -> Tensor:
    """Weighted mean of -log p(target)."""
    weights = targets * class_weights
    return -(weights * logits.log_softmax(1)).sum() / weights.sum()


def focal_loss(logits: Tensor, targets: Tensor, class_weights: Tensor, gamma: float) -> Tensor:
    """Cross-entropy that looks away from what is already sure: weight (1 - p)^gamma.

    Lin et al.: Focal Loss for Dense Object Detection (2017), https://arxiv.org/abs/1708.02002
    """
    log_probabilities = logits.log_softmax(1)
    weights = targets * class_weights
    focus = (1 - log_probabilities.exp()) ** gamma
    return -(weights * focus * log_probabilities).sum() / weights.sum()


def smooth_targets(labels: Tensor, classes: int, smoothing: float) -> Tensor:
    """Turn labels int64 [N] into targets float32 [N, classes], a share spread over all classes."""
    hard = torch.nn.functional.one_hot(labels, classes).float()
    return hard * (1 - smoothing) + smoothing / classes


def balanced_weights(labels: Tensor, classes: int) -> Tensor:
    """Return weights [classes] that give every class the same total, with mean 1 over images."""
    counts = torch.bincount(labels, minlength=classes).float()
    return len(labels) / (classes * counts.clamp(min=1))


def build_loss(config: TrainingConfig, labels: Tensor, classes: int) -> Loss:
    """Return the loss of a config; `labels` int64 [N] of the training split give the weights."""
    weights = balanced_weights(labels, classes) if config.class_weights else torch.ones(classes)
    if config.loss == "focal":
        return lambda logits, targets: focal_loss(
            logits, targets, weights.to(logits.device), config.focal_gamma
        )
    return lambda logits, targets: cross_entropy(logits, targets, weights.to(logits.device))
