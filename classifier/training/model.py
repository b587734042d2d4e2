"""The whole classifier: normalisation, backbone, pooling and head."""

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from classifier.logo_types import CLASS_NAMES
from classifier.training.backbones import BACKBONES, EARLY_GROUPS, build_features
from classifier.training.config import TrainingConfig
from classifier.training.heads import build_head
from classifier.training.statistics import STATISTICS, image_statistics


class Activations(NamedTuple):
    """What a first part of the network makes of images."""

    maps: Tensor  # float32 [N, C, H, W]; pooled to [N, C, 1, 1] after the last group
    pooled: Tensor  # float32 [N, K]: what goes past the rest of the backbone, to the head


class LogoClassifier(nn.Module):
    """A network that can be run in two parts, so that a frozen first part runs only once.

    `first_group` counts the backbone's groups of layers: 0 is the image itself, and
    `len(features)` the last feature map. With `multi_scale`, the head also sees statistics of
    the image and of the early groups' maps: gradients are a property of small neighbourhoods,
    which the last map has lost.
    """

    mean: Tensor  # float32 [1, 3, 1, 1]
    std: Tensor

    def __init__(
        self,
        features: nn.Sequential,
        head: nn.Sequential,
        mean: tuple[float, float, float],
        std: tuple[float, float, float],
        early_channels: tuple[int, ...] = (),
    ) -> None:
        super().__init__()
        self.features = features
        self.head = head
        self.early_groups = len(early_channels)
        pooled = pooled_channels(early_channels)
        self.pooled_norm = nn.BatchNorm1d(pooled, affine=False) if pooled else nn.Identity()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def prefix(self, images: Tensor, first_group: int) -> Activations:
        """Run normalisation and the groups before `first_group`; pool if those are all.

        Args:
            images: float32 [N, 3, S, S], RGB from 0 to 1.
        """
        pooled = image_statistics(images) if self.early_groups else images[:, :0, 0, 0]
        start = Activations((images - self.mean) / self.std, pooled)
        maps, pooled = self._run(start, 0, first_group)
        if first_group == len(self.features):
            maps = maps.mean((2, 3), keepdim=True)
        return Activations(maps, pooled)

    def suffix(self, activations: Activations, first_group: int) -> Tensor:
        """Run the groups from `first_group` on, pool, and answer logits [N, classes]."""
        return self._answer(activations, first_group)[0]

    def forward(self, images: Tensor) -> Tensor:
        """Map RGB images, float32 [N, 3, S, S] from 0 to 1, to logits [N, classes]."""
        return self.answer(images)[0]

    def answer(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits [N, classes] and what went past the backbone to the head, [N, K]."""
        return self._answer(self.prefix(images, 0), 0)

    def _answer(self, activations: Activations, first_group: int) -> tuple[Tensor, Tensor]:
        maps, pooled = self._run(activations, first_group, len(self.features))
        return self.head(torch.cat([maps.mean((2, 3)), self.pooled_norm(pooled)], 1)), pooled

    def _run(self, activations: Activations, start: int, end: int) -> Activations:
        """Run the groups from `start` to `end`, pooling the early ones' maps as they come."""
        maps, pooled = activations
        parts = [pooled]
        for index in range(start, end):
            maps = self.features[index](maps)
            if index < self.early_groups:
                parts += _mean_and_spread(maps)
        return Activations(maps, torch.cat(parts, 1))


def _mean_and_spread(maps: Tensor) -> list[Tensor]:
    """Return each map's mean and standard deviation, [N, C] each.

    From the mean of the squares: torch's own variance takes ten times as long on a CPU.
    """
    maps = maps.float()  # a difference of near numbers, which half precision would lose
    mean = maps.mean((2, 3))
    variance = (maps.square().mean((2, 3)) - mean.square()).clamp(min=0)
    return [mean, (variance + 1e-6).sqrt()]


class TrainedPart(nn.Module):
    """What a stage trains, as one module: the groups from `first_group` on and the head."""

    def __init__(self, model: LogoClassifier, first_group: int) -> None:
        super().__init__()
        self.features = model.features[first_group:]
        self.pooled_norm = model.pooled_norm
        self.head = model.head
        self._suffix = partial(model.suffix, first_group=first_group)

    def forward(self, activations: Activations) -> Tensor:
        return self._suffix(activations)


def pooled_channels(early_channels: tuple[int, ...]) -> int:
    """Return how many values go past the rest of the backbone."""
    return STATISTICS + 2 * sum(early_channels) if early_channels else 0


def build_model(config: TrainingConfig) -> LogoClassifier:
    """Return the network that a config describes: pretrained backbone, fresh head.

    Raises:
        WeightsError: if the pretrained weights cannot be used.
    """
    backbone = BACKBONES[config.backbone]
    early = backbone.channels[:EARLY_GROUPS] if config.pooling == "multi_scale" else ()
    channels = backbone.channels[config.groups - 1] + pooled_channels(early)
    model = LogoClassifier(
        build_features(config.backbone, config.weights, config.groups),
        build_head(config.head, channels, len(CLASS_NAMES), config.dropout),
        backbone.mean,
        backbone.std,
        early,
    )
    return model.to(memory_format=torch.channels_last)


@torch.no_grad()
def reestimate_batch_norm(model: LogoClassifier, batches: list[Tensor]) -> None:
    """Replace batch-norm statistics by those of `batches`: float32 [N, 3, S, S] from 0 to 1.

    For weights that come from a network with other activations.
    """
    layers = [module for module in model.features.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [layer.momentum for layer in layers]
    model.eval()  # no stochastic depth
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the plain mean over all batches
        layer.train()
    for batch in batches:
        model.prefix(batch, len(model.features))
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
