"""The colour that a transparent logo is seen on: uploads come on white, light, dark and colours."""

import hashlib

import cv2
import numpy as np
from PIL import ImageColor

_COLOURS = (
    *["#ffffff"] * 10,
    "#f4f4f5", "#e8edf3", "#fff7e6", "#dfe7df",
    "#111418", "#1e293b", "#000000", "#2b1d3a",
    "#2563eb", "#dc2626", "#059669", "#facc15", "#7c3aed", "#fb923c",
)  # fmt: skip
_NEAR = 38.0  # CIE76 difference under which ink is hard to see
_FAINT = 1.5  # WCAG contrast under which it is, whatever the hue


def background_for(image: np.ndarray, key: str) -> str:
    """Choose a background on which the ink of uint8 RGBA [H, W, 4] can be seen, by `key` alone.

    Half of all logos get white, if they can be seen on it. Returns `#rrggbb`.
    """
    ink = image[image[..., 3] > 128][::16, :3]
    hidden = {}
    for colour in _in_order(key):
        hidden[colour] = _hidden_share(ink, np.array(ImageColor.getrgb(colour), np.uint8))
        if hidden[colour] < 0.03:
            return colour
    return min(hidden, key=hidden.__getitem__)


def _hidden_share(ink: np.ndarray, background: np.ndarray) -> float:
    """Share of uint8 RGB pixels [N, 3] that can hardly be seen on a colour [3]."""
    near = np.linalg.norm(_lab(ink) - _lab(background[None]), axis=1) < _NEAR
    lights = _luminance(ink), _luminance(background[None])
    faint = (np.maximum(*lights) + 0.05) / (np.minimum(*lights) + 0.05) < _FAINT
    return float((near | faint).mean())


def _lab(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(rgb[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]


def _luminance(rgb: np.ndarray) -> np.ndarray:
    """Relative luminance of sRGB, as WCAG 2 defines it."""
    value = rgb.astype(np.float32) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722], np.float32)


def _in_order(key: str) -> list[str]:
    """Shuffle the colours by the key; those listed more often tend to come sooner."""
    numbered = enumerate(_COLOURS)
    order = sorted(numbered, key=lambda entry: hashlib.sha256(f"{key}{entry[0]}".encode()).digest())
    return [colour for _, colour in order]
