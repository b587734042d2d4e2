"""The ground of a logo: kept, taken away, or of another colour.

An edge pixel of an opaque image is a mixture `v = a A + (1 - a) B` of the logo's colour A and the
ground B. Taking the ground away gives the pixel A with the opacity a, so that an outline that is
traced from it lies where it was.
"""

import re
from dataclasses import replace

import numpy as np
from PIL import Image, ImageColor

from converter.images import Logo

KEEP, AROUND, EVERYWHERE = "keep", "transparent", "transparent-everywhere"
CHOICES = {
    KEEP: "Keep",
    AROUND: "Remove around the logo",
    EVERYWHERE: "Remove everywhere, also inside letters",
}
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")

_NEAR = {False: 6.0, True: 28.0}  # RGB distance that is still the ground, by whether it has noise
_REACH = 2  # pixels that a mixed edge is wide
_CLEAR = 128  # alpha below which a pixel counts as clear
_LEAST_BORDER = 0.5  # share of the border that one colour needs to be the ground


class GroundError(ValueError):
    """What was chosen is neither a way to treat the ground nor a colour."""


def check_ground(choice: str) -> str:
    """Return a choice of the ground as it is stored: a word, or a colour in small letters.

    Raises:
        GroundError: if it is neither.
    """
    if choice in CHOICES:
        return choice
    if _COLOUR.fullmatch(choice):
        return choice.lower()
    words = ", ".join(CHOICES)
    raise GroundError(f"ground is {choice[:40]!r}; give {words}, or a colour such as #ffffff.")


def with_ground(logo: Logo, choice: str) -> Logo:
    """Return a logo with its ground as chosen; a logo without one on a ground of that colour.

    Raises:
        GroundError: if the choice is none.
    """
    choice = check_ground(choice)
    if choice == KEEP:
        return logo
    pixels = np.asarray(logo.image)
    colour = ground_of(pixels)
    if colour is not None:
        pixels = _without(pixels, colour, _NEAR[logo.lossy], everywhere=choice == EVERYWHERE)
    if choice not in CHOICES:
        ground = np.array(ImageColor.getrgb(choice), np.float32)
        share = pixels[..., 3:].astype(np.float32) / 255
        mixed = pixels[..., :3] * share + ground * (1 - share)
        pixels = np.dstack(
            [mixed.round().astype(np.uint8), np.full(mixed.shape[:2], 255, np.uint8)]
        )
    return replace(logo, image=Image.fromarray(pixels))


def ground_of(pixels: np.ndarray) -> np.ndarray | None:
    """Return the colour that most of an image's border has; None if it is clear or has none.

    Args:
        pixels: uint8 RGBA [H, W, 4].
    """
    border = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])
    opaque = border[border[:, 3] >= _CLEAR][:, :3].astype(np.float32)
    if len(opaque) < _LEAST_BORDER * len(border):
        return None
    colour = np.median(opaque, axis=0)
    near = np.linalg.norm(opaque - colour, axis=1) <= _NEAR[True]
    if near.sum() < _LEAST_BORDER * len(border):
        return None
    return np.median(opaque[near], axis=0)


def _without(pixels: np.ndarray, ground: np.ndarray, near: float, everywhere: bool) -> np.ndarray:
    """Return the image with the ground clear, and its edges mixed with nothing instead of it."""
    import cv2  # a process that only classifies never loads it

    colours = pixels[..., :3].astype(np.float32)
    distance = np.linalg.norm(colours - ground, axis=2)
    clear = (distance <= near) & (pixels[..., 3] >= _CLEAR)
    if not everywhere:
        clear = _touching_the_border(clear)
    kernel = np.ones((2 * _REACH + 1,) * 2, np.uint8)
    edge = (cv2.dilate(clear.astype(np.uint8), kernel) > 0) & ~clear
    at = np.nonzero(edge)
    # The logo's colour at an edge: that of the pixel around it which is least like the ground.
    inner = _farthest(colours, np.where(clear, 0, distance), at)
    across = inner - ground
    length = np.maximum((across * across).sum(axis=1), 1e-6)
    share = np.clip(((colours[at] - ground) * across).sum(axis=1) / length, 0, 1)
    mixed = share < 1
    rows, columns = at[0][mixed], at[1][mixed]
    result = pixels.copy()
    result[rows, columns, :3] = inner[mixed].round()
    result[rows, columns, 3] = (pixels[rows, columns, 3] * share[mixed]).round()
    result[clear] = 0
    return result


def _touching_the_border(mask: np.ndarray) -> np.ndarray:
    import cv2  # a process that only classifies never loads it

    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    outer = np.zeros(count, bool)
    outer[border] = True
    return outer[labels] & mask


def _farthest(
    colours: np.ndarray, distance: np.ndarray, at: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Return for each of N places the colour within reach that is farthest from the ground [N, 3].

    Args:
        colours: float32 [H, W, 3].
        distance: of each pixel from the ground, float32 [H, W].
        at: rows and columns of the places.
    """
    best, found = distance[at], colours[at]
    rows, columns = at
    padded = np.pad(distance, _REACH, constant_values=-1)
    around = np.pad(colours, ((_REACH, _REACH), (_REACH, _REACH), (0, 0)), mode="edge")
    for down in range(2 * _REACH + 1):
        for across in range(2 * _REACH + 1):
            other = padded[rows + down, columns + across]
            better = other > best
            best[better] = other[better]
            found[better] = around[rows[better] + down, columns[better] + across]
    return found
