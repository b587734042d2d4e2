"""Where a model looks: how much an answer suffers when a part of the image is hidden.

Zeiler and Fergus: Visualizing and Understanding Convolutional Networks (2014),
https://arxiv.org/abs/1311.2901. It asks the served graph itself, so that it holds for every
version: in 8 bits, for ensembles, whatever goes past the last feature map.
"""

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

GRID = 8  # parts along each side
_LARGEST_OPACITY = 0.75
_COLOUR = (255, 45, 85)


def occlusion_map(
    image: np.ndarray, answer: Callable[[np.ndarray], np.ndarray], grid: int = GRID
) -> np.ndarray:
    """Return how much hiding each part lowers the probability of the answer, from 0 to 1.

    A hidden part gets the colour of the image's corner, which is its background.

    Args:
        image: uint8 RGB [S, S, 3], prepared for the model.
        answer: gives probabilities [N, classes] for images uint8 [N, S, S, 3].
        grid: parts along each side.

    Returns:
        float32 [grid, grid]; all zero where no part matters.
    """
    edges = np.linspace(0, len(image), grid + 1).round().astype(int)
    hidden = np.repeat(image[np.newaxis], grid * grid, axis=0)
    for index, view in enumerate(hidden):
        row, column = divmod(index, grid)
        view[edges[row] : edges[row + 1], edges[column] : edges[column + 1]] = image[0, 0]
    probabilities = answer(image[np.newaxis])[0]
    chosen = int(probabilities.argmax())
    drops = probabilities[chosen] - answer(hidden)[:, chosen]
    return drops.clip(0, None).reshape(grid, grid).astype(np.float32)


def overlay(image: np.ndarray, saliency: np.ndarray) -> Image.Image:
    """Return an image, uint8 RGB [S, S, 3], in grey with what matters in colour."""
    size = image.shape[1], image.shape[0]
    largest = float(saliency.max())
    share = saliency / largest if largest > 1e-3 else np.zeros_like(saliency)
    opacity = cv2.resize(share, size, interpolation=cv2.INTER_CUBIC).clip(0, 1) * _LARGEST_OPACITY
    grey = image.mean(axis=2, keepdims=True)
    mixed = grey * (1 - opacity[..., None]) + np.array(_COLOUR) * opacity[..., None]
    return Image.fromarray(mixed.round().astype(np.uint8))
