"""Random changes of training images, a whole batch at a time: what real uploads look like.

Every function draws from the generator it is given, so that a seed repeats an epoch.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Generator, Tensor
from torchvision.io import decode_jpeg, encode_jpeg
from torchvision.transforms.v2.functional import gaussian_blur, rgb_to_grayscale

_ROTATION_DEGREES = 15
_QUARTER_TURNS = 0.08  # of the images
_MOVED_UPLOADS, _RECOLOURED_UPLOADS = 0.5, 0.5  # of the copies as people upload them
_SMALLEST_AREA = 0.8  # of the image that a crop keeps
_LARGEST_MARGIN = 1.3  # how much smaller than its frame a logo can be drawn
_ASPECT = 0.12  # log of the largest change of aspect
_BRIGHTNESS, _CONTRAST, _SATURATION = 0.3, 0.3, 0.2
_INVISIBLE_DISTANCE = 0.12  # ink nearer than this to the background, in any channel, vanishes
_INVISIBLE_SHARE = 0.03  # of the ink that another background may hide
_INVISIBLE_LUMA = 0.08  # and so does ink this near in brightness once the image is grey
_LUMA = (0.299, 0.587, 0.114)


def augment(
    pixels: Tensor,
    backgrounds: Tensor,
    size: int,
    strength: float,
    generator: Generator,
    flip: bool = False,
) -> Tensor:
    """Return a randomly changed view of each image.

    Args:
        pixels: uint8 RGBA [B, side, side, 4].
        backgrounds: float32 [B, 3] from 0 to 1, the colour each image was drawn for.
        size: side of the result.
        strength: 0 changes nothing but size and composition, 1 is the usual amount.

    Returns:
        float32 RGB [B, 3, size, size] from 0 to 1, channels last in memory.
    """
    colours = choose_backgrounds(pixels, backgrounds, 0.5 * strength, generator)
    images = compose(pixels, colours)
    images = change_geometry(images, size, strength, generator, flip)
    if strength > 0:
        images = quarter_turns(images, strength, generator)
        images = change_colours(images, strength, generator)
        images = degrade(images, strength, generator)
    return images.clamp_(0, 1).contiguous(memory_format=torch.channels_last)


def augment_uploads(
    pixels: Tensor, strength: float, generator: Generator, flip: bool = False
) -> Tensor:
    """Return a randomly changed view of images that were prepared as serving does it.

    Many keep the very pixels that serving would see: no change of the square can stand for what
    happened to the file before.

    Args:
        pixels: uint8 RGB [B, size, size, 3].
        strength: 0 changes nothing, 1 is the usual amount.

    Returns:
        float32 RGB [B, 3, size, size] from 0 to 1, channels last in memory.
    """
    images = pixels.permute(0, 3, 1, 2).float() / 255
    if strength > 0:
        moved = torch.rand(len(images), generator=generator) < _MOVED_UPLOADS * strength
        if moved.any():
            size = images.shape[-1]
            images[moved] = change_geometry(images[moved], size, strength, generator, flip)
        images = quarter_turns(images, strength, generator)
        recoloured = torch.rand(len(images), generator=generator) < _RECOLOURED_UPLOADS * strength
        if recoloured.any():
            images[recoloured] = change_colours(images[recoloured], strength, generator)
    return images.clamp_(0, 1).contiguous(memory_format=torch.channels_last)


def compose(pixels: Tensor, backgrounds: Tensor) -> Tensor:
    """Draw uint8 RGBA [B, S, S, 4] on plain colours [B, 3]: float32 [B, 3, S, S] from 0 to 1."""
    values = pixels.permute(0, 3, 1, 2).float() / 255
    colour, alpha = values[:, :3], values[:, 3:]
    return colour * alpha + backgrounds[:, :, None, None] * (1 - alpha)


def choose_backgrounds(
    pixels: Tensor, backgrounds: Tensor, probability: float, generator: Generator
) -> Tensor:
    """Give some images another background: white, black, or any colour that hides little ink."""
    count = len(pixels)
    colours = torch.rand((count, 3), generator=generator)
    kind = torch.rand((count, 1), generator=generator)
    colours = torch.where(kind < 0.3, torch.ones(3), colours)
    colours = torch.where((kind >= 0.3) & (kind < 0.5), torch.zeros(3), colours)
    wanted = torch.rand((count, 1), generator=generator) < probability
    values = pixels[:, ::2, ::2].float() / 255  # a quarter of the pixels is enough to judge
    ink = values[..., 3] > 0.5
    difference = values[..., :3] - colours[:, None, None]
    lost = difference.abs().amax(-1) < _INVISIBLE_DISTANCE
    lost |= (difference @ torch.tensor(_LUMA)).abs() < _INVISIBLE_LUMA
    hidden = (lost & ink).sum((1, 2)) / ink.sum((1, 2)).clamp(min=1)
    return torch.where(wanted & (hidden < _INVISIBLE_SHARE)[:, None], colours, backgrounds)


def change_geometry(
    images: Tensor, size: int, strength: float, generator: Generator, flip: bool
) -> Tensor:
    """Crop or add a margin, stretch, rotate and mirror; new area takes the corners' colour."""
    count = len(images)
    unit = torch.rand((8, count), generator=generator)
    crop = (1 - (1 - _SMALLEST_AREA) * strength * unit[0]).clamp(min=0.1).sqrt()
    margin = 1 + (_LARGEST_MARGIN - 1) * strength * unit[0]
    zoom = torch.where(unit[1] < 0.6, crop, margin)
    mirror = torch.where((unit[2] < 0.5) & torch.tensor(flip), -1.0, 1.0)
    turned = unit[3] < 0.5
    signed = unit[4:] * 2 - 1
    stretch = (signed[0] * _ASPECT * strength).exp()
    angle = turned * signed[1] * math.radians(_ROTATION_DEGREES) * strength
    cosine, sine = angle.cos(), angle.sin()
    slack = (1 - zoom).abs()
    rows = [
        torch.stack([zoom * stretch * cosine * mirror, -zoom * sine, signed[2] * slack]),
        torch.stack([zoom * sine * mirror, zoom * cosine / stretch, signed[3] * slack]),
    ]
    grid = F.affine_grid(
        torch.stack(rows).permute(2, 0, 1), [count, 3, size, size], align_corners=False
    )
    corners = images[:, :, [0, 0, -1, -1], [0, -1, 0, -1]].median(2).values[:, :, None, None]
    return F.grid_sample(images - corners, grid, "bilinear", "zeros", False) + corners


def quarter_turns(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """Turn some images by 90 degrees, to either side: lettering that runs upwards exists."""
    unit = torch.rand(len(images), generator=generator)
    share = _QUARTER_TURNS * strength
    for turns, chosen in ((1, unit < share / 2), (3, (unit >= share / 2) & (unit < share))):
        if chosen.any():
            images[chosen] = images[chosen].rot90(turns, (2, 3))
    return images


def change_colours(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """Change brightness, contrast and saturation; turn a tenth of the images grey."""
    unit = torch.rand((4, len(images), 1, 1, 1), generator=generator)
    amounts = torch.tensor([_BRIGHTNESS, _CONTRAST, _SATURATION]).view(3, 1, 1, 1, 1)
    brightness, contrast, saturation = 1 + (unit[:3] * 2 - 1) * amounts * strength
    images = images * brightness
    mean = images.mean((1, 2, 3), keepdim=True)
    images = mean + (images - mean) * contrast
    grey = rgb_to_grayscale(images)
    saturation = torch.where(unit[3] < 0.1 * strength, 0, saturation)
    return (grey + (images - grey) * saturation).clamp_(0, 1)


def degrade(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """Do to some images what happens to files: small copies, blur, noise, JPEG compression."""
    chosen = torch.rand((4, len(images)), generator=generator) < strength * torch.tensor(
        [0.25, 0.1, 0.15, 0.35]
    ).view(4, 1)
    amount = torch.rand(3, generator=generator).tolist()
    size = images.shape[-1]
    small, blurred, noisy, compressed = (mask.nonzero().flatten() for mask in chosen)
    if len(small):
        images[small] = _shrink_and_enlarge(images[small], round(size * (0.4 + 0.5 * amount[0])))
    if len(blurred):
        sigma = size / 128 * (0.3 + 0.9 * amount[1])
        images[blurred] = gaussian_blur(images[blurred], [7, 7], [sigma, sigma])
    if len(noisy):
        noise = torch.randn(images[noisy].shape, generator=generator)
        images[noisy] += noise * (0.01 + 0.04 * amount[2])
    if len(compressed):
        qualities = torch.randint(30, 96, (len(compressed),), generator=generator)
        images[compressed] = _jpeg(images[compressed], qualities.tolist())
    return images


def _shrink_and_enlarge(images: Tensor, small: int) -> Tensor:
    size = images.shape[-2:]
    shrunk = F.interpolate(images, (small, small), mode="bilinear", antialias=True)
    return F.interpolate(shrunk, size, mode="bilinear", align_corners=False)


def _jpeg(images: Tensor, qualities: list[int]) -> Tensor:
    """Compress and decompress each image with its own quality, 1 to 100."""
    pixels = (images.clamp(0, 1) * 255).round().to(torch.uint8)
    files = [encode_jpeg(p.contiguous(), q) for p, q in zip(pixels, qualities, strict=True)]
    return torch.stack([decode_jpeg(file) for file in files]).float() / 255


def mix(
    images: Tensor, targets: Tensor, mixup: float, cutmix: float, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Mix each image with another of the batch, and their targets alike.

    mixup: Zhang et al. (2017), https://arxiv.org/abs/1710.09412; cutmix: Yun et al. (2019),
    https://arxiv.org/abs/1905.04899. `mixup` and `cutmix` are the parameters of their beta
    distributions, 0 for off; with both on, each batch takes one of them at random.

    Args:
        images: float32 [B, C, H, W], pixels or activations.
        targets: float32 [B, classes], summing to 1.
    """
    if not (mixup or cutmix):
        return images, targets
    use_cutmix = bool(cutmix) and (not mixup or bool(torch.rand((), generator=generator) < 0.5))
    share = _beta(cutmix if use_cutmix else mixup, generator)
    order = torch.randperm(len(images), generator=generator)
    if not use_cutmix:
        mixed = share * images + (1 - share) * images[order]
        return mixed, share * targets + (1 - share) * targets[order]
    height, width = images.shape[-2:]
    cut = math.sqrt(1 - share)
    top = int(torch.randint(height, (), generator=generator))
    left = int(torch.randint(width, (), generator=generator))
    bottom, right = min(height, top + round(cut * height)), min(width, left + round(cut * width))
    mixed = images.clone()
    mixed[..., top:bottom, left:right] = images[order][..., top:bottom, left:right]
    share = 1 - (bottom - top) * (right - left) / (height * width)
    return mixed, share * targets + (1 - share) * targets[order]


def _beta(parameter: float, generator: Generator) -> float:
    concentration = torch.full((2,), parameter)
    first, second = torch._standard_gamma(concentration, generator=generator).tolist()
    return first / (first + second) if first + second else 0.5
