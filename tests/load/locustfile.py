"""What simulated people do: send one logo after the other, and wait for each answer.

LOAD_IMAGES names the folder of logos that they send.
"""

import os
import random
from pathlib import Path

from locust import FastHttpUser, task

IMAGES = [path.read_bytes() for path in sorted(Path(os.environ["LOAD_IMAGES"]).glob("*.png"))]


def fresh_image():
    """A logo as a file that no cache has seen: bytes after the end of a PNG change nothing."""
    return random.choice(IMAGES) + random.randbytes(16)


class Classify(FastHttpUser):
    """Asks for types."""

    @task
    def classify(self):
        """Send one logo."""
        files = {"image": ("logo.png", fresh_image(), "image/png")}
        self.client.post("/api/v1/classify/", files=files)


class Convert(FastHttpUser):
    """Has logos drawn."""

    @task
    def convert(self):
        """Send one logo."""
        files = {"image": ("logo.png", fresh_image(), "image/png")}
        self.client.post("/api/v1/conversions/", files=files)
