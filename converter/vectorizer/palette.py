"""The main colours of an image."""

import numpy as np

_MIN_SHARE = 0.0008  # of the pixels: less is noise


def main_colours(pixels: np.ndarray, limit: int, merge_distance: float) -> np.ndarray:
    """Return the main colours of uint8 [N, 3], the most frequent first: uint8 [K, 3]."""
    if not len(pixels):
        return np.empty((0, 3), np.uint8)
    cells = (pixels >> 3).astype(np.int32)
    keys = (cells[:, 0] << 10) | (cells[:, 1] << 5) | cells[:, 2]
    counts = np.bincount(keys, minlength=1 << 15)
    sums = [
        np.bincount(keys, weights=pixels[:, channel], minlength=1 << 15) for channel in range(3)
    ]
    centres: list[np.ndarray] = []
    weights: list[float] = []
    for key in np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]:
        colour = np.array([total[key] / counts[key] for total in sums])
        gaps = [float(np.linalg.norm(colour - centre)) for centre in centres]
        if gaps and min(gaps) < merge_distance:
            weights[int(np.argmin(gaps))] += counts[key]
        elif len(centres) < limit:
            centres.append(colour)
            weights.append(float(counts[key]))
    kept = [
        centre
        for centre, weight in zip(centres, weights, strict=True)
        if weight >= _MIN_SHARE * len(pixels)
    ]
    return np.array(kept).round().astype(np.uint8).reshape(-1, 3)
