"""The colour that a transparent logo is seen on: uploads come on white, light, dark and colours."""

import hashlib

import numpy as np
from PIL import ImageColor

_COLOURS = (
    *["#ffffff"] * 10,
    "#f4f4f5", "#e8edf3", "#fff7e6", "#dfe7df",
    "#111418", "#1e293b", "#000000", "#2b1d3a",
    "#2563eb", "#dc2626", "#059669", "#facc15", "#7c3aed", "#fb923c",
)  # fmt: skip
_NEAR = 80.0  # RGB distance under which ink is hard to see


def background_for(image: np.ndarray, key: str) -> str:
    """Choose a background on which the ink of uint8 RGBA [H, W, 4] can be seen, by `key` alone.

    Half of all logos get white, if they can be seen on it. Returns `#rrggbb`.
    """
    ink = image[image[..., 3] > 128][::16, :3].astype(np.float32)
    hidden = {}
    for colour in _in_order(key):
        distances = np.linalg.norm(ink - np.array(ImageColor.getrgb(colour)), axis=1)
        hidden[colour] = float((distances < _NEAR).mean())
        if hidden[colour] < 0.03:
            return colour
    return min(hidden, key=hidden.get)


def _in_order(key: str) -> list[str]:
    """Shuffle the colours by the key; those listed more often tend to come sooner."""
    numbered = enumerate(_COLOURS)
    order = sorted(numbered, key=lambda entry: hashlib.sha256(f"{key}{entry[0]}".encode()).digest())
    return [colour for _, colour in order]
