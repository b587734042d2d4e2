"""Colour differences as eyes see them: CIEDE2000.

Sharma, Wu and Dalal, "The CIEDE2000 Color-Difference Formula: Implementation Notes, Supplementary
Test Data, and Mathematical Observations", 2005.
"""

import numpy as np

_WHITE = np.array([0.95047, 1.0, 1.08883])  # D65
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_25_TO_7 = 25.0**7
_STEPS = np.arange(256) / 255
_LINEAR = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4)


def colour_differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the CIEDE2000 difference of two uint8 sRGB images [H, W, 3]: float64 [H, W]."""
    differences = np.zeros(first.shape[:2])
    changed = (first != second).any(axis=2)
    pairs, back = np.unique(
        np.concatenate([first[changed], second[changed]], axis=1), axis=0, return_inverse=True
    )
    found = ciede2000(to_lab(pairs[:, :3]), to_lab(pairs[:, 3:]))
    differences[changed] = found[back.ravel()]
    return differences


def to_lab(colours: np.ndarray) -> np.ndarray:
    """Return CIELAB values of uint8 sRGB colours [..., 3], under D65."""
    ratios = _LINEAR[colours] @ (_TO_XYZ.T / _WHITE)
    roots = np.where(ratios > (6 / 29) ** 3, np.cbrt(ratios), ratios * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(roots, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ciede2000(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the differences of CIELAB colours [..., 3]. The names are the paper's."""
    l1, a1, b1 = np.moveaxis(first, -1, 0)
    l2, a2, b2 = np.moveaxis(second, -1, 0)
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean_c**7 / (mean_c**7 + _25_TO_7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    gray = c1 * c2 == 0
    turn = h2 - h1
    turn = np.where(gray, 0, turn - 360 * np.round(turn / 360))
    delta_l, delta_c = l2 - l1, c2 - c1
    delta_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    mean_h = np.where(gray, h1 + h2, _mean_hue(h1, h2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    theta = 30 * np.exp(-(((mean_h - 275) / 25) ** 2))
    r_t = -np.sin(np.radians(2 * theta)) * 2 * np.sqrt(mean_c**7 / (mean_c**7 + _25_TO_7))
    light, chroma, hue = delta_l / s_l, delta_c / s_c, delta_h / s_h
    squared = light**2 + chroma**2 + hue**2 + r_t * chroma * hue
    return np.sqrt(np.maximum(squared, 0))


def _mean_hue(h1: np.ndarray, h2: np.ndarray) -> np.ndarray:
    """Return the middle of the shorter way between two hues."""
    total = h1 + h2
    wide = np.abs(h1 - h2) > 180
    return np.where(wide, np.where(total < 360, total + 360, total - 360), total) / 2
