"""Gradual unfreezing: which part of the network each stage trains, and what it trains on.

While the first groups of the backbone are frozen, what they make of the images never changes: it
is computed once, for a fixed number of augmented views, and every epoch starts from there.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from classifier.training import parallel
from classifier.training.backbones import BACKBONES
from classifier.training.config import TrainingConfig
from classifier.training.dataset import ImageArray
from classifier.training.model import Activations, LogoClassifier
from classifier.training.views import augmented_views

_CACHE_BATCH = 64
_LARGEST_HALF = torch.finfo(torch.half).max


@dataclass(frozen=True)
class Stage:
    """A part of a run. Groups of the backbone before `first_group` are frozen."""

    name: str
    epochs: int
    first_group: int

    @property
    def frozen(self) -> bool:
        """Whether a part of the network is frozen, so that its activations can be kept."""
        return self.first_group > 0


def plan_stages(config: TrainingConfig, groups: int) -> list[Stage]:
    """Return the stages of a run on a backbone with that many groups of layers."""
    top = min(BACKBONES[config.backbone].top_group, groups - 1)
    stages = [
        Stage("head", config.head_epochs, groups),
        Stage("top", config.top_epochs, top),
        Stage("full", config.full_epochs, 0),
    ]
    return [stage for stage in stages if stage.epochs]


def seeded(*numbers: int) -> Generator:
    """Return a generator whose draws depend on these numbers only."""
    seed = 0
    for number in numbers:
        seed = (seed * 1_000_003 + number + 1) % 2**63
    return Generator().manual_seed(seed)


def _rank() -> tuple[int, ...]:
    """Return what makes a seed this process's own; nothing for the first."""
    return (parallel.rank(),) if parallel.rank() else ()


def _blocks(count: int) -> tuple[Tensor, ...]:
    """Return the indices of a split in blocks of like size, so that no process's share is empty."""
    return torch.arange(count).tensor_split(math.ceil(count / _CACHE_BATCH))


class Batches:
    """What a stage trains on: activations at the first group that it trains, with labels."""

    def __init__(
        self, model: LogoClassifier, images: ImageArray, config: TrainingConfig, stage: Stage
    ) -> None:
        self.model = model
        self.images = images
        self.config = config
        self.stage = stage
        self.cache: Activations | None = None  # float16, with a first dimension for the view

    def __len__(self) -> int:
        return len(self.images) // self.config.batch_size

    def fill_cache(self) -> Iterator[int]:
        """Compute the frozen part's activations, yielding the number of images just done."""
        views = self.config.views
        for view in range(views):
            generator = seeded(self.config.seed, view, *_rank())
            for block in _blocks(len(self.images)):
                rows = parallel.share(block)
                activations = self._activations(rows, generator)
                if self.cache is None:
                    self.cache = self._empty_cache(activations)
                for kept, part in zip(self.cache, activations, strict=True):
                    kept[view, rows] = part.clamp(-_LARGEST_HALF, _LARGEST_HALF).half().cpu()
                yield len(block)
        for kept in self.cache or ():
            parallel.total(kept)  # what a process has not computed is zero

    def _empty_cache(self, activations: Activations) -> Activations:
        shape = (self.config.views, len(self.images))
        return Activations(
            *(torch.zeros(*shape, *t.shape[1:], dtype=torch.half) for t in activations)
        )

    def epoch(self, epoch: int) -> Iterator[tuple[Activations, Tensor, Tensor]]:
        """Yield (activations, labels int64 [B], teacher's probabilities) in random order.

        Each process gets its share of every batch.

        Images that do not fill a batch sit this epoch out.
        """
        generator = seeded(self.config.seed, 1000 + epoch)
        order = torch.randperm(len(self.images), generator=generator)
        size = self.config.batch_size
        if parallel.rank():  # every process augments in its own way
            generator = seeded(self.config.seed, 1000 + epoch, *_rank())
        for batch in order[: len(self) * size].split(size):
            rows = parallel.share(batch)
            if self.cache is None:
                inputs = self._activations(rows, generator)
            else:
                views = torch.randint(len(self.cache.maps), rows.shape, generator=generator)
                device = self.model.mean.device
                inputs = Activations(*(t[views, rows].float().to(device) for t in self.cache))
            labels, teacher = self.images.labels[rows], self.images.teacher[rows]
            yield inputs, labels.to(self.model.mean.device), teacher.to(self.model.mean.device)

    @torch.no_grad()
    def _activations(self, rows: Tensor, generator: Generator) -> Activations:
        """Return what the frozen part makes of new views of some images."""
        views = augmented_views(self.images, rows, self.config, generator)
        return self.model.prefix(views.to(self.model.mean.device), self.stage.first_group)


@torch.no_grad()
def validation_batches(
    model: LogoClassifier, images: ImageArray, first_group: int, whole: bool = False
) -> Iterator[tuple[Activations, Tensor]]:
    """Yield (activations, labels) of a split that was prepared as for serving, in order.

    Each process gets its share of every batch, or with `whole` everything.
    """
    device = model.mean.device
    for block in _blocks(len(images)):
        rows = block if whole else parallel.share(block)
        pixels = images.take(rows).to(device).permute(0, 3, 1, 2).float() / 255
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        yield model.prefix(pixels, first_group), images.labels[rows].to(device)
