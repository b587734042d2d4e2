"""The whole classifier: normalisation, backbone, pooling and head."""

import torch
from torch import Tensor, nn

from classifier.logo_types import CLASS_NAMES
from classifier.training.backbones import BACKBONES, CHANNELS, build_features
from classifier.training.config import TrainingConfig
from classifier.training.heads import build_head


class LogoClassifier(nn.Module):
    """A network that can be run in two parts, so that a frozen first part runs only once.

    `first_group` counts the backbone's groups of layers: 0 is the image itself, and
    `len(features)` the last feature map.
    """

    def __init__(
        self,
        features: nn.Sequential,
        head: nn.Sequential,
        mean: tuple[float, float, float],
        std: tuple[float, float, float],
    ) -> None:
        super().__init__()
        self.features = features
        self.head = head
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def prefix(self, images: Tensor, first_group: int) -> Tensor:
        """Run normalisation and the groups before `first_group`; pool if those are all.

        Args:
            images: float32 [N, 3, S, S], RGB from 0 to 1.
        """
        maps = self.features[:first_group]((images - self.mean) / self.std)
        return maps.mean((2, 3), keepdim=True) if first_group == len(self.features) else maps

    def suffix(self, activations: Tensor, first_group: int) -> Tensor:
        """Run the groups from `first_group` on, pool, and answer logits [N, classes]."""
        maps = self.features[first_group:](activations)
        return self.head(maps.mean((2, 3)))

    def forward(self, images: Tensor) -> Tensor:
        """Map RGB images, float32 [N, 3, S, S] from 0 to 1, to logits [N, classes]."""
        return self.suffix(self.prefix(images, 0), 0)


def build_model(config: TrainingConfig) -> LogoClassifier:
    """Return the network that a config describes: pretrained backbone, fresh head.

    Raises:
        WeightsError: if the pretrained weights cannot be used.
    """
    backbone = BACKBONES[config.backbone]
    model = LogoClassifier(
        build_features(config.backbone, config.weights),
        build_head(config.head, CHANNELS, len(CLASS_NAMES), config.dropout),
        backbone.mean,
        backbone.std,
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
