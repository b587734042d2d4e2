"""The same images as people really have them: compressed, small, blurred, on other backgrounds.

After Hendrycks, Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations, ICLR 2019, https://arxiv.org/abs/1903.12261, with those that logos meet.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageFilter, ImageOps

from classifier.logo_types import CLASS_NAMES

_BACKGROUNDS = ((31, 111, 235), (250, 204, 21), (220, 38, 38), (22, 163, 74), (124, 58, 237))
_UPLOAD_QUALITY = 30  # of the JPEG that is small and framed, too
_SAME_BACKGROUND = 12  # levels, in every channel
_NEAR = 64  # levels: ink nearer than this to a background is hard to see
Corrupt = Callable[[Image.Image, float], Image.Image]


def jpeg(image: Image.Image, quality: float) -> Image.Image:
    """Compress as JPEG of a quality, 1 to 95."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=round(quality))
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def downscale(image: Image.Image, side: float) -> Image.Image:
    """Shrink until the longer side has `side` pixels; a smaller image stays."""
    small = image.copy()
    small.thumbnail((round(side), round(side)), Image.Resampling.LANCZOS)
    return small


def blur(image: Image.Image, radius: float) -> Image.Image:
    """Blur by a Gaussian of `radius` pixels."""
    return image.filter(ImageFilter.GaussianBlur(radius))


def noise(image: Image.Image, deviation: float) -> Image.Image:
    """Add Gaussian noise of a standard deviation in levels of 255; the same for the same image."""
    pixels = np.asarray(image, dtype=np.float32)
    noisy = pixels + np.random.default_rng(0).normal(0, deviation, pixels.shape)
    return Image.fromarray(noisy.clip(0, 255).round().astype(np.uint8))


def grayscale(image: Image.Image, strength: float) -> Image.Image:
    """Take a share of the colour out, 0 to 1."""
    return Image.blend(image, image.convert("L").convert("RGB"), strength)


def invert(image: Image.Image, strength: float) -> Image.Image:
    """Invert the colours by a share, 0 to 1; at 1 a mark on white stands on black."""
    return Image.blend(image, ImageOps.invert(image), strength)


def rotate(image: Image.Image, degrees: float) -> Image.Image:
    """Turn, filling the corners with the colour of the upper left pixel."""
    corner = image.getpixel((0, 0))
    return image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=corner)


def frame(image: Image.Image, share: float) -> Image.Image:
    """Add a frame of a share of the longer side, in a slightly different colour.

    An even margin is trimmed before classifying; this one is not.
    """
    corner = np.asarray(image)[0, 0].astype(int)
    shade = tuple(int(level) for level in np.where(corner > 127, corner - 24, corner + 24))
    return ImageOps.expand(image, round(max(image.size) * share), shade)


def small_compressed_framed(image: Image.Image, side: float) -> Image.Image:
    """Do what happens to uploads: pad to a square, shrink to `side` pixels, JPEG of quality 30."""
    longer = max(image.size)
    left, top = (longer - image.width) // 2, (longer - image.height) // 2
    square = Image.new("RGB", (longer, longer), image.getpixel((0, 0)))
    square.paste(image, (left, top))
    small = square.resize((round(side), round(side)), Image.Resampling.LANCZOS)
    return jpeg(small, _UPLOAD_QUALITY)


def recolour_background(image: Image.Image, rank: float) -> Image.Image:
    """Put a mark on a coloured background: of some colours, that which hides the n-th least of it.

    Background is what is connected with the upper left corner and has nearly its colour.
    """
    pixels = np.asarray(image).copy()
    mask = np.zeros((pixels.shape[0] + 2, pixels.shape[1] + 2), np.uint8)
    tolerance, flags = (
        (_SAME_BACKGROUND,) * 3,
        4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE,
    )
    cv2.floodFill(pixels, mask, (0, 0), 0, tolerance, tolerance, flags)
    background = mask[1:-1, 1:-1] > 0
    ink = pixels[~background].astype(int)
    hidden = [
        float((np.abs(ink - colour).max(axis=1) < _NEAR).mean()) if len(ink) else 0.0
        for colour in _BACKGROUNDS
    ]
    pixels[background] = _BACKGROUNDS[np.argsort(hidden, kind="stable")[round(rank) - 1]]
    return Image.fromarray(pixels)


@dataclass(frozen=True)
class Corruption:
    """A named corruption with the strengths to try, the mildest first."""

    name: str
    apply: Corrupt
    strengths: tuple[float, ...]


CORRUPTIONS = (
    Corruption("JPEG quality", jpeg, (90, 50, 20)),
    Corruption("Longer side, pixels", downscale, (128, 64, 32)),
    Corruption("Blur radius, pixels", blur, (1, 2, 4)),
    Corruption("Noise, levels", noise, (8, 16, 32)),
    Corruption("Without colour", grayscale, (1,)),
    Corruption("Inverted", invert, (1,)),
    Corruption("Coloured background, by contrast", recolour_background, (1, 2)),
    Corruption("Rotation, degrees", rotate, (5, 15, 90)),
    Corruption("Frame, share of side", frame, (0.1, 0.3)),
    Corruption("Small, compressed, framed: side, pixels", small_compressed_framed, (160, 96, 64)),
)


def measure_robustness(
    images: Sequence[Image.Image],
    labels: np.ndarray,
    answer: Callable[[Sequence[Image.Image]], np.ndarray],
    corruptions: Sequence[Corruption] = CORRUPTIONS,
) -> Iterator[dict[str, Any]]:
    """Yield the accuracy under each corruption and strength, JSON-ready.

    Args:
        images: RGB, already on their backgrounds.
        labels: int [N].
        answer: gives the classes, int [N], of images.
        corruptions: which ones.

    Yields:
        `corruption`, `strength`, `accuracy`, and `worst_class` with its `worst_accuracy`.
    """
    for corruption in corruptions:
        for strength in corruption.strengths:
            answers = answer([corruption.apply(image, strength) for image in images])
            right = np.asarray(answers) == labels
            classes = {
                name: float(right[labels == index].mean())
                for index, name in enumerate(CLASS_NAMES)
                if (labels == index).any()
            }
            worst = min(classes, key=classes.__getitem__)
            yield {
                "corruption": corruption.name,
                "strength": strength,
                "accuracy": float(right.mean()),
                "worst_class": worst,
                "worst_accuracy": classes[worst],
            }
