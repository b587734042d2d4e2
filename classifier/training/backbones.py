"""The networks that turn an image into features. A third backbone is one entry in BACKBONES."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn
from torchvision.models import efficientnet_b0

from classifier.training.config import BACKBONES as NAMES
from classifier.training.lite0 import lite0_features
from classifier.training.weights import copy_lite0, load_weights_file


@dataclass(frozen=True)
class Backbone:
    """A backbone's layers, in groups from the image on, and the normalisation they expect."""

    build: Callable[[], nn.Sequential]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    top_group: int  # index of the first group that stage "top" trains
    channels: tuple[int, ...]  # of each group's map
    borrowed: bool  # its own weights come from another network: re-estimate batch norm


BACKBONES: dict[str, Backbone] = {
    "efficientnet_b0": Backbone(
        build=lambda: efficientnet_b0(weights=None).features,
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        top_group=6,
        channels=(32, 16, 24, 40, 80, 112, 192, 320, 1280),
        borrowed=True,
    ),
    "efficientnet_lite0": Backbone(
        build=lite0_features,
        mean=(127 / 255, 127 / 255, 127 / 255),
        std=(128 / 255, 128 / 255, 128 / 255),
        top_group=6,
        channels=(32, 16, 24, 40, 80, 112, 192, 320, 1280),
        borrowed=False,
    ),
}
EARLY_GROUPS = 5  # whose maps can be pooled for the head
assert tuple(BACKBONES) == NAMES


def build_features(name: str, weights: str = "", groups: int = 9) -> nn.Sequential:
    """Return the first of a backbone's groups of layers with pretrained weights.

    Args:
        name: a key of BACKBONES.
        weights: path of a safetensors file; empty for EfficientNet-Lite0's ImageNet weights.
        groups: how many are kept.

    Raises:
        WeightsError: if the weights cannot be used.
    """
    features = BACKBONES[name].build()
    if weights:
        load_weights_file(features, Path(weights))
    else:
        copy_lite0(features)
    return features[:groups]
