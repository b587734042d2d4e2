"""What an epoch sees of each training image: the clean one, or a copy as people upload it."""

import torch
from torch import Generator, Tensor

from classifier.training.augmentation import augment, augment_uploads
from classifier.training.config import TrainingConfig
from classifier.training.dataset import ImageArray


def augmented_views(
    images: ImageArray, rows: Tensor, config: TrainingConfig, generator: Generator
) -> Tensor:
    """Return a random view of some training images, float32 RGB [B, 3, size, size] from 0 to 1."""
    strength, flip = config.augmentation, config.flip
    if images.copies is None:
        return _clean(images, rows, config, generator)
    clean = torch.rand(len(rows), generator=generator) >= config.uploads
    picks = torch.randint(images.copies.shape[1], rows.shape, generator=generator)
    if clean.all():
        return _clean(images, rows, config, generator)
    copies = torch.from_numpy(images.copies[rows[~clean].numpy(), picks[~clean].numpy()])
    changed = augment_uploads(copies, strength, generator, flip)
    views = changed.new_empty((len(rows), *changed.shape[1:]))
    views = views.contiguous(memory_format=torch.channels_last)
    views[~clean] = changed
    if clean.any():
        views[clean] = _clean(images, rows[clean], config, generator)
    return views


def _clean(
    images: ImageArray, rows: Tensor, config: TrainingConfig, generator: Generator
) -> Tensor:
    return augment(
        images.take(rows),
        images.backgrounds[rows],
        config.input_size,
        config.augmentation,
        generator,
        config.flip,
    )
