"""Small labelled images for training tests: one simple look per class, learnt in seconds."""

import random
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from classifier.training.dataset import LabelledImage, TrainingData

# Tiny batches gain nothing from threads, and lose much of the time on a busy machine.
torch.set_num_threads(1)


def draw(label: int, rng: random.Random, side: int = 64) -> Image.Image:
    """Draw an RGBA image whose dominant colour and shape follow from its label."""
    image = Image.new("RGBA", (side, side))
    canvas = ImageDraw.Draw(image)
    colour = tuple(rng.randrange(60, 120) + 120 * (channel == label) for channel in range(3))
    left, top = rng.randrange(8), rng.randrange(8)
    box = (left, top, left + side // 2 + 8 * label, top + side // 2)
    if label % 2:
        canvas.rectangle(box, fill=colour)
    else:
        canvas.ellipse(box, fill=colour)
    return image


def make_data(folder: Path, train: int = 32, val: int = 8, test: int = 8) -> TrainingData:
    """Write images of four classes in turn into a folder and return them by split."""
    rng = random.Random(0)
    for split, count in (("train", train), ("val", val), ("test", test)):
        for number in range(count):
            draw(number % 4, rng).save(folder / f"{split}-{number}.png")
    return find_data(folder, train, val, test)


def find_data(folder: Path, train: int = 32, val: int = 8, test: int = 8) -> TrainingData:
    """Return what `make_data` has written."""
    splits = {
        split: [LabelledImage(folder / f"{split}-{n}.png", n % 4) for n in range(count)]
        for split, count in (("train", train), ("val", val), ("test", test))
    }
    return TrainingData(**splits, cache=folder / "arrays")


def noise(path: Path, side: int = 48) -> Path:
    """Write an opaque image of noise."""
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path
