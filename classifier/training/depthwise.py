"""Depthwise convolutions for training in bfloat16 on a CPU.

PyTorch's own backward pass of them is four to six times slower in bfloat16 than in float32, which
loses more than all other layers gain. So their gradients are computed in float32.
"""

from typing import Any

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


def quicken_depthwise(module: nn.Module) -> None:
    """Replace the depthwise convolutions in a network, in place; their weights stay."""
    for name, child in module.named_children():
        if _replaceable(child):
            own = DepthwiseConv2d(
                child.in_channels,
                child.out_channels,
                child.kernel_size,
                child.stride,
                child.padding,
                groups=child.groups,
                bias=False,
            )
            own.weight = child.weight
            setattr(module, name, own)
        else:
            quicken_depthwise(child)


def _replaceable(module: nn.Module) -> bool:
    return (
        type(module) is nn.Conv2d
        and module.groups == module.in_channels == module.out_channels > 1
        and module.bias is None
        and module.dilation == (1, 1)
        and module.padding_mode == "zeros"
        and not isinstance(module.padding, str)
    )
