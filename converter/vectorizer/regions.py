"""Finding an image's paints, and how much of each pixel each of them covers."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from .agreement import agreeing
from .blur import blurred
from .colours import COARSE, highest, lowest, measurable, premultiplied
from .coverage import CLEAR, Mixture, Unmixing
from .gradients import find_gradients
from .jpeg import SIDE, recognise
from .paints import RAMP, Flat, Paint, PaintTable, tabulated
from .palette import main_colours, nearest, unexplained_colours
from .patches import small_patches
from .settings import DrawingSettings
from .tidying import tidied

_BLOCKS = 2 * SIDE  # px: whole blocks of luma and of chroma
_PLAIN_RANGE = 10.0  # a pixel is plain if its neighbourhood varies less than this in each channel
_EVEN_RANGE = 30.0  # likewise, if noise is all that varies, and no edge
_EVEN_PIXELS = 2  # of those, from which a colour is no blur
_ALONE = 0.85  # share from which a pixel counts as not mixed
_ROUNDS = 4  # of looking for paints that the known ones do not explain
_MOST_PATCHES = 1500  # more are a photograph or noise, and no logo
_MOST_SPECKLE = 400.0  # square pixels
_OPAQUE = 250  # of opacity, from which a paint is meant to be opaque
_PURE = 0.97  # share from which a pixel tells nothing of where an edge is
_CHROMA = 0.3  # what its contrast counts
_SPREAD = 12.0  # distance by which the noise of a JPEG moves colours
_LESS_SPREAD = 10.0  # likewise, where shares agree with its coefficients
_CERTAIN, _UNCERTAIN = 0.06, 0.25  # spread of shares: to be followed, and to be smoothed out
_DENOISE = (7, 40, 3)  # bilateral filter: diameter, spread of colours, spread in pixels


@dataclass(frozen=True)
class Regions:
    """An image as mixtures of paints.

    Attributes:
        mixture: of each pixel.
        paints: what its indices mean.
        doubt: float32 [H, W], 0 to 1, how little the shares tell because of noise.
        noisy: whether the image was compressed with loss.
        agreed: whether the shares agree with how it was compressed, which takes most of the noise.
    """

    mixture: Mixture
    paints: list[Paint]
    doubt: np.ndarray
    noisy: bool
    agreed: bool


def find_regions(image: np.ndarray, settings: DrawingSettings, lossy: bool) -> Regions:
    """Divide uint8 RGBA [H, W, 4] into regions, each of which one paint fills."""
    values = premultiplied(image)
    rounds = settings.denoise_rounds
    calm = premultiplied(_denoised(image, rounds)) if rounds else values
    spread = _spread(calm)
    plain = spread <= _PLAIN_RANGE
    cores = np.full(plain.shape, CLEAR, np.int16)
    paints: list[Paint] = []
    if (image[..., 3] < 8).any():
        paints.append(Flat(np.zeros(4)))
        cores[plain & (image[..., 3] < 8)] = 0
    if settings.gradients:
        paints += find_gradients(calm, spread, plain, cores, len(paints), settings)
    rest = np.flatnonzero(plain & (cores == CLEAR))
    colours = calm.reshape(-1, 4)[rest]
    palette = main_colours(colours, settings.colours, settings.merge_distance)
    if len(palette):
        cores.reshape(-1)[rest] = nearest(colours, palette)[0] + len(paints)
    paints += [Flat(colour) for colour in palette]
    if not paints:
        paints = [Flat(np.median(values.reshape(-1, 4), axis=0))]
    measured = measurable(values, lossy)
    unmixing = Unmixing(measured, settings.noise)
    mixture = _completed(unmixing, calm, spread, cores, paints, settings, lossy)
    if settings.patch_price:
        mixture = tidied(
            mixture, measured, tabulated(paints, lossy), settings.noise, settings.patch_price
        )
    if not lossy:
        doubt = np.zeros(plain.shape, np.float32)
        return Regions(mixture, _snapped(paints, settings.snap), doubt, lossy, agreed=False)
    better = _agreeing(mixture, image, measured, tabulated(paints, lossy))
    agreed = better is not None
    mixture = better or mixture
    doubt = _doubt(mixture, paints, _LESS_SPREAD if agreed else _SPREAD)
    return Regions(mixture, _snapped(paints, settings.snap), doubt, lossy, agreed)


def _completed(
    unmixing: Unmixing, values: np.ndarray, spread: np.ndarray, cores: np.ndarray,
    paints: list[Paint], settings: DrawingSettings, lossy: bool,
) -> Mixture:  # fmt: skip
    """Add the paints that those of plain parts do not explain; return the mixtures of all.

    Args:
        unmixing: the image.
        values: float32 [H, W, 4], premultiplied, without noise.
        spread: see `_spread`.
        cores: int16 [H, W], labels; changed where a paint is found.
        paints: the known ones; more are added.
        settings: how far colours are apart.
        lossy: whether the image was compressed with loss.
    """
    mixture = unmixing.mixture(cores, tabulated(paints, lossy))
    even = _even_mixtures(mixture, spread) if lossy else np.zeros(cores.shape, bool)
    np.putmask(mixture.residual, even, np.maximum(mixture.residual, settings.unexplained + 1))
    for _ in range(_ROUNDS):
        known = _flat_colours(paints)
        fresh = unexplained_colours(
            values, mixture.residual, known, settings.unexplained, settings.merge_distance * 1.5
        )[: max(0, settings.colours - len(paints))]
        fresh = _new(fresh, known, settings.merge_distance * 0.5)
        odd = mixture.residual > settings.unexplained
        if lossy and len(fresh):
            blur = blurred(values, odd, fresh, cores, _mean_colours(paints))
            names = nearest(values[odd & even], fresh)[0]
            fresh = fresh[~blur | (np.bincount(names, minlength=len(fresh)) >= _EVEN_PIXELS)]
        if not len(fresh):
            break
        names, squares = nearest(values[odd], fresh)
        near = squares < settings.merge_distance**2
        cores[odd] = np.where(near, names + len(paints), cores[odd])
        paints += [Flat(colour) for colour in fresh]
        mixture = unmixing.mixture(cores, tabulated(paints, lossy))
    return mixture


def _agreeing(
    mixture: Mixture, image: np.ndarray, measured: np.ndarray, table: PaintTable
) -> Mixture | None:
    """Return a mixture that agrees with how the image was compressed; None if that is unknown."""
    height, width = (length // _BLOCKS * _BLOCKS for length in image.shape[:2])
    planes = measured[:height, :width, :3] / COARSE
    quantisation = recognise(planes) if planes.size else None
    if quantisation is None:
        return None
    colours = image[..., :3]
    clipped = (highest(colours) == 255).astype(np.int8) - (lowest(colours) == 0)
    return agreeing(mixture, measured, clipped, table, quantisation)


def _doubt(mixture: Mixture, paints: list[Paint], noise: float) -> np.ndarray:
    """Return how uncertain shares are: the more, the less two paints differ where they meet."""
    colours = tabulated(paints, True).ramp[:, RAMP // 2]
    apart = np.abs(colours[:, None] - colours[None])
    # Chroma, at half resolution, tells little of where an edge is.
    contrast = np.hypot(apart[..., 0], apart[..., 3]) + _CHROMA * np.hypot(
        apart[..., 1], apart[..., 2]
    )
    mixed = (mixture.first != mixture.second) & (mixture.share < _PURE)
    spread = noise / np.maximum(contrast[mixture.first, mixture.second], 1.0)
    count = cv2.blur(mixed.astype(np.float32), (7, 7))
    around = cv2.blur(np.where(mixed, spread, 0).astype(np.float32), (7, 7))
    around /= np.maximum(count, 1e-6)
    return np.clip((around - _CERTAIN) / (_UNCERTAIN - _CERTAIN), 0, 1)


def calmed(regions: Regions, speckle: float) -> Regions:
    """Absorb patches that are too small, and larger ones where there are too many to draw.

    Args:
        regions: as `find_regions` gives them.
        speckle: square pixels that a patch needs.
    """
    mixture, patches = _absorbed(regions.mixture, speckle)
    while patches > _MOST_PATCHES and speckle < _MOST_SPECKLE:
        speckle = max(4.0, 4 * speckle)
        mixture, patches = _absorbed(mixture, speckle)
    return replace(regions, mixture=mixture)


def _flat_colours(paints: list[Paint]) -> np.ndarray:
    colours = [paint.colour for paint in paints if isinstance(paint, Flat)]
    return np.array(colours, np.float32).reshape(-1, 4)


def _mean_colours(paints: list[Paint]) -> np.ndarray:
    """Return one colour for each paint, float32 [P, 4]."""
    colours = [p.colour if isinstance(p, Flat) else p.colours.mean(axis=0) for p in paints]
    return np.array(colours, np.float32).reshape(-1, 4)


def _new(colours: np.ndarray, known: np.ndarray, distance: float) -> np.ndarray:
    """Return the colours that are farther than a distance from all known ones."""
    if not len(known) or not len(colours):
        return colours
    return colours[nearest(colours, known)[1] >= distance**2]


def _denoised(image: np.ndarray, rounds: int) -> np.ndarray:
    """Smooth noise between edges (Tomasi and Manduchi, "Bilateral filtering", 1998)."""
    colours = np.ascontiguousarray(image[..., :3])
    for _ in range(rounds):
        colours = cv2.bilateralFilter(colours, *_DENOISE)
    return np.dstack([colours, image[..., 3]])


def _spread(values: np.ndarray) -> np.ndarray:
    """Return by how much the 3 x 3 neighbourhood varies, in any channel: float32 [H, W]."""
    kernel = np.ones((3, 3), np.uint8)
    return highest(cv2.dilate(values, kernel) - cv2.erode(values, kernel))


def _even_mixtures(mixture: Mixture, spread: np.ndarray) -> np.ndarray:
    """Return bool [H, W]: True within mixtures wider than an edge that hardly vary: paints."""
    mixed = (mixture.first != mixture.second) & (mixture.share < _ALONE)
    inside = cv2.erode(mixed.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return inside & (spread < _EVEN_RANGE)


def _snapped(paints: list[Paint], reach: int) -> list[Paint]:
    """Make flat paints that are almost black, white, clear or opaque exactly so."""
    return [Flat(_snap(p.colour, reach)) if isinstance(p, Flat) else p for p in paints]


def _snap(colour: np.ndarray, reach: int) -> np.ndarray:
    colour = np.where(colour <= reach, 0, colour)
    if colour[3] >= _OPAQUE:
        colour[3] = 255
        colour = np.where(colour >= 255 - reach, 255, colour)
    return colour


def _absorbed(mixture: Mixture, least: float) -> tuple[Mixture, int]:
    """Give patches of less than `least` square pixels to the regions beside them.

    Returns:
        the mixture, and the number of the patches that are left.
    """
    labels = mixture.first
    small, patches = small_patches(labels, least)
    if not small.any() or small.all():
        return mixture, patches
    _, zones = cv2.distanceTransformWithLabels(
        small.astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    owners = np.zeros(zones.max() + 1, np.int16)
    owners[zones[~small]] = labels[~small]
    first = np.where(small, owners[zones], labels)
    second = np.where(small, first, mixture.second)
    share = np.where(small, np.float32(1), mixture.share)
    return Mixture(first, second, share, mixture.residual), patches
