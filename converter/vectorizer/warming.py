"""Compiling, or loading what was compiled, before the first image waits for it."""

import cv2
import numpy as np

from .drawing import draw
from .settings import DrawingSettings

_SIDE = 80
_QUALITY = 60


def warm_up() -> None:
    """Draw a small picture, as PNG and as JPEG: every compiled function has something to do."""
    image = _picture()
    draw(image, DrawingSettings(), lossy=False)
    draw(_as_jpeg(image), DrawingSettings(patch_price=6.0, denoise_rounds=1), lossy=True)


def _picture() -> np.ndarray:
    """Return lines, shapes, letters, and two kinds of gradients, uint8 RGBA [side, side, 4]."""
    image = np.full((_SIDE, _SIDE, 4), 255, np.uint8)
    down, along = np.mgrid[0:24, 0:24].astype(np.float32)
    image[50:74, 4:28, :3] = (40 + 7 * along)[..., None]
    image[52:76, 50:74, 0] = np.clip(255 - 12 * np.hypot(along - 10, down - 12), 20, 255)
    image[52:76, 50:74, 1] = 60
    cv2.circle(image, (18, 20), 12, (200, 30, 30, 255), -1, cv2.LINE_AA)
    cv2.rectangle(image, (30, 26), (72, 42), (30, 30, 200, 255), -1)
    cv2.putText(image, "ag", (34, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (240, 200, 40, 255), 1, 16)
    cv2.line(image, (4, 46), (74, 6), (0, 0, 0, 255), 1, cv2.LINE_AA)
    return image


def _as_jpeg(image: np.ndarray) -> np.ndarray:
    """Return what a JPEG of an opaque picture keeps, uint8 RGBA like it."""
    coded = cv2.imencode(".jpg", image[..., 2::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    kept = image.copy()
    kept[..., :3] = cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1]
    return kept
