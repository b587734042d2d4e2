"""What an image says without any weights: how smoothly its tones change, how many colours it has.

Flat drawings have areas without any change and gradients have areas of tiny ones. A network that
normalises pixels for photographs hardly sees a change of one level in 255; counting such changes
shows them plainly. Everything here can be exported to ONNX.
"""

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor

# Changes, in levels of 255, that are counted: from the faintest gradient to an edge. No mean of
# 4 or 16 pixels falls on one of them, so that rounding decides nothing.
_CHANGES = (0.53, 1.53, 3.03, 6.03, 12.03, 24.03, 48.03)
# (side of the averaged squares, stride of the samples, distances), all in pixels of that scale.
_SCALES = ((1, 2, (1, 4)), (2, 1, (2,)), (4, 1, (1, 4)))
_LARGEST_DISTANCE = 4
_COLOUR_LEVELS = 6  # per channel
_LARGEST_COLOURS = 24
TONE_COUNT = 2 * len(_CHANGES) * sum(len(distances) for _, _, distances in _SCALES)
STATISTICS = TONE_COUNT + _LARGEST_COLOURS


@torch.no_grad()
def image_statistics(images: Tensor) -> Tensor:
    """Return tone and colour statistics, float32 [N, STATISTICS].

    Args:
        images: float32 RGB [N, 3, S, S] from 0 to 1, S at least 32.
    """
    pixels = images * 255
    return torch.cat([_tone_statistics(pixels), _colour_statistics(pixels)], 1)


def _tone_statistics(pixels: Tensor) -> Tensor:
    """Share of neighbours that differ by more than each change, by scale, distance and axis."""
    shares = []
    changes = pixels.new_tensor(_CHANGES)[:, None, None]
    for side, stride, distances in _SCALES:
        scaled = F.avg_pool2d(pixels, side) if side > 1 else pixels
        end = scaled.shape[-1] - _LARGEST_DISTANCE
        here = scaled[..., :end:stride, :end:stride]
        there = []
        for distance in distances:
            moved = slice(distance, end + distance, stride)
            there += [scaled[..., moved, :end:stride], scaled[..., :end:stride, moved]]
        # All at once: each small step of a graph costs as much as its numbers.
        difference = (torch.stack(there, 1) - here[:, None]).abs().amax(2)
        shares.append((difference[:, :, None] > changes).float().mean((3, 4)).flatten(1))
    return torch.cat(shares, 1)


def _colour_statistics(pixels: Tensor) -> Tensor:
    """Logarithms of the shares of the commonest colours, in descending order."""
    count = _COLOUR_LEVELS
    # No whole level falls between two bins.
    levels = ((pixels[..., ::2, ::2] + 0.1) * (count / 256)).long().clamp(0, count - 1)
    codes = ((levels[:, 0] * count + levels[:, 1]) * count + levels[:, 2]).flatten(1)
    counts = pixels.new_zeros((pixels.shape[0], count**3))
    counts = counts.scatter_add(1, codes, torch.ones_like(codes, dtype=counts.dtype))
    largest = counts.topk(_LARGEST_COLOURS, dim=1).values
    return (largest / codes.shape[1] + 1e-4).log()
