"""Compiling, or loading what was compiled, before the first image waits for it."""

import cv2
import numpy as np

from .drawing import draw
from .settings import DrawingSettings


def warm_up() -> None:
    """Draw a small picture that every compiled function has something to do for."""
    image = np.full((48, 48, 4), 255, np.uint8)
    cv2.circle(image, (16, 16), 10, (200, 30, 30, 255), -1, cv2.LINE_AA)
    cv2.rectangle(image, (24, 24), (44, 40), (30, 30, 200, 255), -1)
    cv2.line(image, (4, 44), (44, 4), (0, 0, 0, 255), 1, cv2.LINE_AA)
    image[30:, :16, :3] = np.linspace(40, 220, 16)[None, :, None]
    for lossy in (False, True):
        draw(image, DrawingSettings(), lossy)
