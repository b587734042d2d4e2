"""The training loop that tutorials show, which `benchmark training` compares with.

Full network from the first epoch, a linear head, 224 px, every image decoded and augmented by PIL
on its own. It has the same backbone, starts from the same weights, and sees the same images.
"""

from collections.abc import Iterator
from dataclasses import replace

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from classifier.inference.preprocessing import prepare, read_image
from classifier.training.config import TrainingConfig
from classifier.training.dataset import MAX_PIXELS, LabelledImage
from classifier.training.model import build_model

SIZE = 224
_RATE = 3e-4  # AdamW's rate for the whole network, what our backbone gets at most


class PilImages(Dataset):
    """Images that are read, composed, changed and made a tensor each time they are asked for."""

    def __init__(self, images: list[LabelledImage], augmented: bool) -> None:
        self.images = images
        changes = [
            transforms.RandomResizedCrop(SIZE, scale=(0.8, 1.0)),
            transforms.RandomRotation(15),
            transforms.ColorJitter(0.3, 0.3, 0.2),
            transforms.RandomGrayscale(0.1),
        ]
        self.transform = transforms.Compose(
            [*(changes if augmented else []), transforms.ToTensor()]
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = self.images[index]
        pixels = prepare(read_image(image.path, MAX_PIXELS), SIZE, image.background)
        return self.transform(Image.fromarray(pixels)), image.label


class PlainLoop:
    """A plain training that goes on step by step, for as long as somebody asks."""

    def __init__(
        self, config: TrainingConfig, train: list[LabelledImage], val: list[LabelledImage]
    ) -> None:
        torch.manual_seed(config.seed)
        self.batch_size = config.batch_size
        self.train = DataLoader(
            PilImages(train, augmented=True), config.batch_size, shuffle=True, drop_last=True
        )
        self.val = DataLoader(PilImages(val, augmented=False), config.batch_size)
        plain = replace(config, head="simple", dropout=1.0, pooling="last")
        self.model = build_model(plain).to(memory_format=torch.contiguous_format)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=_RATE)
        self.images = 0  # trained on so far

    def steps(self) -> Iterator[None]:
        """Train for ever, stopping after each step."""
        while True:
            for pixels, labels in self.train:
                self.model.train()
                self.optimizer.zero_grad()
                torch.nn.functional.cross_entropy(self.model(pixels), labels).backward()
                self.optimizer.step()
                self.images += len(labels)
                yield

    @torch.no_grad()
    def val_accuracy(self) -> float:
        """Return the share of right answers on the validation images."""
        self.model.eval()
        correct = sum(
            (self.model(pixels).argmax(1) == labels).sum().item() for pixels, labels in self.val
        )
        return correct / len(self.val.dataset)
