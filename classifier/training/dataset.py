"""Images decoded once into memory-mapped arrays, one per split and input size.

Training images keep their transparency, so that augmentation can put them on another background.
Validation and test images are prepared exactly as serving prepares them.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from os import cpu_count, getpid
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageColor
from torch import Tensor

from classifier.inference.preprocessing import prepare, read_image
from classifier.training.uploads import COPIES, upload_pixels

MAX_PIXELS = 64_000_000
# Training images are kept a little larger than the input: a crop of 0.8 loses no detail.
TRAIN_SCALE = 1.25
_FORMAT = "2"  # part of the arrays' names: change it when their content changes
_CHUNK = 64


@dataclass(frozen=True)
class LabelledImage:
    """An image file, the index of its class, and the colour that transparency is shown on."""

    path: Path
    label: int
    background: str = "#ffffff"


@dataclass(frozen=True)
class TrainingData:
    """The images of a run by split. `cache` is the folder that keeps decoded arrays.

    `teacher` is what a teacher answers for the training images: float32 [N, classes]. `start` is
    the content of a version's safetensors file to start from.
    """

    train: list[LabelledImage]
    val: list[LabelledImage]
    test: list[LabelledImage] = field(default_factory=list)
    cache: Path | None = None
    teacher: np.ndarray | None = None
    start: bytes | None = None


@dataclass(frozen=True)
class ImageArray:
    """A decoded split: pixels uint8 [N, side, side, 3 or 4], labels int64 [N].

    `backgrounds` is float32 [N, 3] from 0 to 1; `teacher` holds a teacher's probabilities, float32
    [N, classes], or nothing: [N, 0]. `copies` are uint8 RGB [N, copies, size, size, 3], of training
    images as people upload them, or None.
    """

    pixels: np.ndarray
    labels: Tensor
    backgrounds: Tensor
    teacher: Tensor
    copies: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Tensor) -> Tensor:
        """Return the pixels of some images, uint8 [B, side, side, channels]."""
        return torch.from_numpy(self.pixels[indices.numpy()])


Decoder = Callable[[LabelledImage, int], np.ndarray]


class DecodingStoppedError(Exception):
    """Somebody asked to stop while images were being decoded."""


def training_pixels(image: LabelledImage, side: int) -> np.ndarray:
    """Return an image as uint8 RGBA [side, side, 4]: trimmed, its aspect kept, centred."""
    source = read_image(image.path, MAX_PIXELS)
    alpha = source.getchannel("A")
    if alpha.getextrema()[0] == 255:
        opaque = prepare(source, side, image.background)
        return np.dstack([opaque, np.full((side, side), 255, np.uint8)])
    ink = source.crop(alpha.point(lambda value: 255 * (value > 8)).getbbox())
    scale = side / max(ink.size)
    width, height = (max(1, round(length * scale)) for length in ink.size)
    ink = ink.resize((width, height), Image.Resampling.BICUBIC)
    canvas = Image.new("RGBA", (side, side))
    canvas.paste(ink, ((side - width) // 2, (side - height) // 2))
    return np.asarray(canvas)


def serving_pixels(image: LabelledImage, side: int) -> np.ndarray:
    """Return an image as uint8 RGB [side, side, 3], as serving sees it."""
    return prepare(read_image(image.path, MAX_PIXELS), side, image.background)


def uploaded_pixels(image: LabelledImage, side: int) -> np.ndarray:
    """Return copies of an image as people upload it, uint8 RGB [COPIES, side, side, 3]."""
    logo = read_image(image.path, MAX_PIXELS)
    return np.stack(
        [
            upload_pixels(logo, image.background, side, f"{image.path.name}:{number}")
            for number in range(COPIES)
        ]
    )


@dataclass(frozen=True)
class ArrayCache:
    """A folder of decoded splits. Tells of images decoded, and stops when asked to."""

    folder: Path
    on_decoded: Callable[[int], None] = lambda count: None
    should_stop: Callable[[], bool] = lambda: False

    def training(self, images: list[LabelledImage], size: int, uploads: bool = False) -> ImageArray:
        """Return the training split for an input size, decoded now or read.

        With `uploads`, copies of each image as people upload it come with it.

        Raises:
            DecodingStoppedError: if `should_stop` says so.
        """
        side = round(size * TRAIN_SCALE)
        clean = self._load(images, f"{side}x4", (side, side, 4), training_pixels)
        if not uploads:
            return clean
        return replace(clean, copies=self.uploads(images, size))

    def uploads(self, images: list[LabelledImage], size: int) -> np.ndarray:
        """Return copies as people upload them, uint8 [N, COPIES, size, size, 3].

        Raises:
            DecodingStoppedError: if `should_stop` says so.
        """
        shape = (COPIES, size, size, 3)
        return self._load(images, f"{size}x3x{COPIES}", shape, uploaded_pixels).pixels

    def serving(self, images: list[LabelledImage], size: int) -> ImageArray:
        """Return the validation or test split for an input size, decoded now or read.

        Raises:
            DecodingStoppedError: if `should_stop` says so.
        """
        return self._load(images, f"{size}x3", (size, size, 3), serving_pixels)

    def _load(
        self,
        images: list[LabelledImage],
        name: str,
        shape: tuple[int, ...],
        decode: Decoder,
    ) -> ImageArray:
        path = self.folder / f"{name}-{content_key(images)}.npy"
        if path.exists():
            self.on_decoded(len(images))
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.stem}-{getpid()}.partial")
            try:
                self._decode(images, draft, (len(images), *shape), decode)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
        return ImageArray(
            np.load(path, mmap_mode="r", allow_pickle=False),
            torch.tensor([image.label for image in images]),
            torch.tensor([ImageColor.getrgb(image.background)[:3] for image in images]) / 255,
            torch.empty(len(images), 0),
        )

    def _decode(
        self, images: list[LabelledImage], path: Path, shape: tuple[int, ...], decode: Decoder
    ) -> None:
        pixels = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
        with ThreadPoolExecutor(cpu_count()) as pool:
            for start in range(0, len(images), _CHUNK):
                if self.should_stop():
                    raise DecodingStoppedError
                chunk = images[start : start + _CHUNK]
                decoded = pool.map(decode, chunk, [shape[-2]] * len(chunk))
                pixels[start : start + len(chunk)] = list(decoded)
                self.on_decoded(len(chunk))
        pixels.flush()


def content_key(images: list[LabelledImage]) -> str:
    """Name the content of a split: its files with their sizes and times, and its backgrounds."""
    digest = hashlib.sha256(_FORMAT.encode())
    for image in images:
        status = image.path.stat()
        digest.update(
            f"{image.path.name}|{status.st_size}|{status.st_mtime_ns}|{image.background}\n".encode()
        )
    return digest.hexdigest()[:20]
