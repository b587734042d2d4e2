"""Depthwise convolutions for training in bfloat16 on a CPU.

PyTorch's own backward pass of them is four to six times slower in bfloat16 than in float32, which
loses more than all other layers gain. So their gradients are computed in float32.
"""

from typing import Any, TypeGuard

import torch
from torch import Tensor, nn


class DepthwiseConv2d(nn.Conv2d):
    """A depthwise convolution that is an ordinary one, but for its gradients under autocast."""

    def forward(self, images: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, C, H / stride, W / stride]."""
        if not torch.is_autocast_enabled("cpu"):
            return super().forward(images)
        half = images.to(torch.get_autocast_dtype("cpu"))
        return _Depthwise.apply(half, self.weight, self.stride, self.padding)


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, images: Tensor, weight: Tensor, stride: tuple[int, int], padding: tuple[int, int]
    ) -> Tensor:
        ctx.save_for_backward(images, weight)
        ctx.stride, ctx.padding = stride, padding
        half = weight.to(images.dtype)
        return nn.functional.conv2d(images, half, None, stride, padding, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        images, weight = ctx.saved_tensors
        needed = [*ctx.needs_input_grad[:2], False]
        of_images, of_weight, _ = torch.ops.aten.convolution_backward(
            gradient.float(),
            images.float(),
            weight,
            None,
            ctx.stride,
            ctx.padding,
            [1, 1],
            False,
            [0, 0],
            len(weight),
            needed,
        )
        of_images = of_images.to(images.dtype) if needed[0] else None
        return of_images, of_weight, None, None


def quicken_depthwise(network: nn.Module) -> None:
    """Make a network's depthwise convolutions such, in place; their weights stay."""
    for module in network.modules():
        if _replaceable(module):
            module.__class__ = DepthwiseConv2d  # differs in what it does, not in what it holds


def _replaceable(module: nn.Module) -> TypeGuard[nn.Conv2d]:
    return (
        type(module) is nn.Conv2d
        and module.groups == module.in_channels == module.out_channels > 1
        and module.bias is None
        and module.dilation == (1, 1)
        and module.padding_mode == "zeros"
        and not isinstance(module.padding, str)
    )
