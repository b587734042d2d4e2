"""Originals beside augmented views, on one picture, to be looked at by a person."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from PIL import Image, ImageColor, ImageDraw, ImageFont

from classifier.logo_types import CLASS_NAMES
from classifier.training.augmentation import augment
from classifier.training.config import TrainingConfig
from classifier.training.dataset import (
    TRAIN_SCALE,
    LabelledImage,
    serving_pixels,
    training_pixels,
)
from classifier.training.stages import seeded

_INK, _PAPER = "#3f3f46", "#d4d4d8"
_HEADER, _MARGIN, _GAP = 22, 64, 4  # pixels
_TILE = 112
_ZOOM_FROM = 64  # smaller inputs are shown with hard pixels, not as blurred ones


def draw_preview(
    images: Sequence[LabelledImage], config: TrainingConfig, views: int
) -> Image.Image:
    """Draw a row per image: what serving sees, then random views as training sees them.

    The same images and settings give the same picture.

    Raises:
        UnreadableImageError, ImageTooLargeError: for a file that cannot be read.
    """
    width = _MARGIN + (1 + views) * (_TILE + _GAP)
    sheet = Image.new("RGB", (width, _HEADER + len(images) * (_TILE + _GAP)), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    draw.text((_MARGIN, 4), "original", _INK, font)
    draw.text((_MARGIN + _TILE + _GAP, 4), "augmented", _INK, font)
    for row, image in enumerate(images):
        top = _HEADER + row * (_TILE + _GAP)
        draw.text((6, top + _TILE // 2 - 8), CLASS_NAMES[image.label], _INK, font)
        for column, pixels in enumerate(_row(image, config, views, row)):
            sheet.paste(_tile(pixels), (_MARGIN + column * (_TILE + _GAP), top))
    return sheet


def _row(
    image: LabelledImage, config: TrainingConfig, views: int, row: int
) -> Iterable[np.ndarray]:
    """Yield the original and the views, each uint8 RGB [size, size, 3]."""
    yield serving_pixels(image, config.input_size)
    pixels = torch.from_numpy(training_pixels(image, round(config.input_size * TRAIN_SCALE)).copy())
    background = torch.tensor(ImageColor.getrgb(image.background)[:3]) / 255
    changed = augment(
        pixels.expand(views, -1, -1, -1),
        background.expand(views, -1),
        config.input_size,
        config.augmentation,
        seeded(config.seed, row),
        config.flip,
    )
    yield from (changed * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def _tile(pixels: np.ndarray) -> Image.Image:
    enlarge = Image.Resampling.NEAREST if len(pixels) < _ZOOM_FROM else Image.Resampling.LANCZOS
    return Image.fromarray(pixels).resize((_TILE, _TILE), enlarge)
