"""Perceptual hashes: which logos look alike."""

import numpy as np
from PIL import Image

SAME = 8  # bits of 256 under which two logos are one and the same picture
ALIKE = 20  # bits of 256 under which they must not stand in different splits


def perceptual_hash(image: np.ndarray) -> str:
    """Return the 256-bit DCT hash (64 hex digits) of uint8 RGBA [H, W, 4] on mid grey.

    Aspect counts: the drawing is centred in a square first.
    """
    import imagehash  # only builds need it: a web process may have been installed without

    picture = Image.fromarray(image)
    side = max(picture.size)
    square = Image.new("RGBA", (side, side), (128, 128, 128, 255))
    offset = ((side - picture.width) // 2, (side - picture.height) // 2)
    square.alpha_composite(picture, offset)
    return str(imagehash.phash(square.convert("L"), hash_size=16))


def hash_bytes(hashes: list[str]) -> np.ndarray:
    """Return hex hashes as uint8 [N, 32]."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(-1, 32)


def distances(hashes: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return in how many bits each of the hashes, uint8 [N, bytes], differs from one, int [N]."""
    return np.bitwise_count(hashes ^ own).sum(axis=1)
