"""Optimisers with one rate per part of the network, and the course of the rates."""

import math
from typing import Any

import torch
from torch import nn

from classifier.training.config import TrainingConfig
from classifier.training.model import LogoClassifier

_WARM_UP = 0.25  # share of a one-cycle schedule that rises
_START = 1 / 25  # of the highest rate, where one-cycle starts
_END = 1e-3  # of the highest rate, where one-cycle and cosine end


def build_optimizer(
    config: TrainingConfig, model: LogoClassifier, first_group: int
) -> torch.optim.Optimizer:
    """Return the optimiser of the backbone's groups from `first_group` on and the head.

    Biases and norms are not pulled towards zero. Each parameter group has a `scale`: its rate as
    a share of the head's.
    """
    groups = []
    for module, scale in (
        (model.head, 1.0),
        (model.features[first_group:], config.backbone_rate_factor),
    ):
        groups += _groups(module, scale, config.weight_decay)
    if config.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=config.learning_rate, momentum=0.9, nesterov=True)
    return torch.optim.AdamW(groups, lr=config.learning_rate)


def _groups(module: nn.Module, scale: float, weight_decay: float) -> list[dict[str, Any]]:
    weights = [p for p in module.parameters() if p.ndim > 1]
    others = [p for p in module.parameters() if p.ndim <= 1]
    return [
        {"params": params, "scale": scale, "weight_decay": decay}
        for params, decay in ((weights, weight_decay), (others, 0.0))
        if params
    ]


def set_rates(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set every group's learning rate from the head's."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["scale"]


def rate_share(schedule: str, done: float) -> float:
    """Return the share of the highest rate when `done` (0 to 1) of a stage's steps are done.

    One-cycle: Smith and Topin (2017), https://arxiv.org/abs/1708.07120; cosine: Loshchilov and
    Hutter (2016), https://arxiv.org/abs/1608.03983. "plateau" and "constant" do not depend on it.
    """
    if schedule == "one_cycle" and done < _WARM_UP:
        return _cosine(_START, 1, done / _WARM_UP)
    if schedule == "one_cycle":
        return _cosine(1, _END, (done - _WARM_UP) / (1 - _WARM_UP))
    if schedule == "cosine":
        return _cosine(1, _END, done)
    return 1.0


def _cosine(start: float, end: float, done: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(done, 1))) / 2
