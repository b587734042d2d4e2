"""EfficientNet-Lite0: B0 without squeeze-and-excitation, with ReLU6 and a fixed stem and head.

The convolutions pad like TensorFlow ("SAME"), since the ImageNet weights were trained there.

Tan and Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks (2019),
https://arxiv.org/abs/1905.11946; the Lite variants: https://github.com/tensorflow/tpu.
"""

from torch import Tensor, nn
from torchvision.ops import StochasticDepth

# expansion, output channels, kernel, stride, blocks
_STAGES = (
    (1, 16, 3, 1, 1),
    (6, 24, 3, 2, 2),
    (6, 40, 5, 2, 2),
    (6, 80, 3, 2, 3),
    (6, 112, 5, 1, 3),
    (6, 192, 5, 2, 4),
    (6, 320, 3, 1, 1),
)
_BATCH_NORM_EPSILON = 1e-3
_STOCHASTIC_DEPTH = 0.2


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, activate: bool = True
) -> nn.Sequential:
    """Convolution, batch norm and (if `activate`) ReLU6."""
    padding = kernel // 2
    layers: list[nn.Module] = []
    if stride == 2:  # "SAME" pads one pixel less at the start of an even-sized image
        layers.append(nn.ZeroPad2d((padding - 1, padding, padding - 1, padding)))
        padding = 0
    layers += [
        nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=_BATCH_NORM_EPSILON),
    ]
    if activate:
        layers.append(nn.ReLU6(inplace=True))
    return nn.Sequential(*layers)


class InvertedResidual(nn.Module):
    """Expand, convolve each channel by itself, project; add the input where shapes allow."""

    def __init__(
        self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int, drop: float
    ) -> None:
        super().__init__()
        middle = inputs * expansion
        layers = [_convolution(inputs, middle, 1)] if expansion > 1 else []
        layers += [
            _convolution(middle, middle, kernel, stride, groups=middle),
            _convolution(middle, outputs, 1, activate=False),
        ]
        self.block = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs
        self.stochastic_depth = StochasticDepth(drop, "row")

    def forward(self, images: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H / stride, W / stride]."""
        result = self.block(images)
        return images + self.stochastic_depth(result) if self.residual else result


def lite0_features() -> nn.Sequential:
    """Return Lite0's nine groups of layers: stem, seven stages, 1,280-channel last layer."""
    block_count = sum(stage[-1] for stage in _STAGES)
    groups = [_convolution(3, 32, 3, 2)]
    channels, index = 32, 0
    for expansion, outputs, kernel, stride, repeats in _STAGES:
        blocks = []
        for repeat in range(repeats):
            drop = _STOCHASTIC_DEPTH * index / block_count
            step = stride if repeat == 0 else 1
            blocks.append(InvertedResidual(channels, outputs, expansion, kernel, step, drop))
            channels, index = outputs, index + 1
        groups.append(nn.Sequential(*blocks))
    groups.append(_convolution(channels, 1280, 1))
    return nn.Sequential(*groups)
