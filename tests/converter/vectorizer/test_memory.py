"""What the tracer remembers of the drawings before."""

from dataclasses import replace
from unittest import mock

import numpy as np
from django.test import SimpleTestCase
from PIL import Image, ImageDraw

from converter.adjusting.options import Adjustments, adjusted
from converter.presets import PRESETS
from converter.vectorizer import drawing
from converter.vectorizer.drawing import draw
from converter.vectorizer.memory import Memory, bytes_in
from tests.converter.images import logo

SETTINGS = PRESETS["gradient"].settings
CHANGES = {
    "colours": 2, "detail": 20, "smoothing": 1.4, "corners": 80, "speckles": 60,
    "gradients": False, "shapes": False,
}  # fmt: skip


def pixels(**options):
    """A logo with soft edges, blunt corners, a dot and a gradient."""
    large = logo(256, **options)
    ImageDraw.Draw(large).regular_polygon((220, 220, 30), 8, fill="#208040")
    image = large.resize((64, 64), Image.Resampling.BOX)
    values = np.array(image)
    values[4:7, 4:7] = (0, 0, 0, 255)
    values[48:, :12, :3] = np.linspace(40, 220, 12)[None, :, None]
    values[48:, :12, 3] = 255
    return values


class DrawingTests(SimpleTestCase):
    def setUp(self):
        self.image, self.memory = pixels(), Memory()
        self.first = draw(self.image, SETTINGS, False, self.memory)

    def test_a_change_of_any_option_draws_what_a_fresh_start_draws(self):
        for name, value in CHANGES.items():
            changed = adjusted(SETTINGS, Adjustments(**{name: value}))
            with self.subTest(name):
                drawn = draw(self.image, changed, False, self.memory)
                self.assertEqual(drawn, draw(self.image, changed, False))
                self.assertNotEqual(drawn, self.first)
        self.assertEqual(draw(self.image, SETTINGS, False, self.memory), self.first)

    def test_only_the_steps_that_see_a_change_are_done_again(self):
        steps = ("find_regions", "contours", "fit")
        done = {
            "smoothing": {"contours", "fit"}, "speckles": {"contours", "fit"},
            "corners": {"fit"}, "detail": {"fit"}, "shapes": set(), "colours": set(steps),
        }  # fmt: skip
        for name, expected in done.items():
            changed = adjusted(SETTINGS, Adjustments(**{name: CHANGES[name]}))
            watched = {step: mock.Mock(wraps=getattr(drawing, step)) for step in steps}
            with self.subTest(name), mock.patch.multiple(drawing, **watched):
                draw(self.image, changed, False, self.memory)
                self.assertEqual({step for step in steps if watched[step].called}, expected)

    def test_another_image_or_noise_is_another_drawing(self):
        other = pixels(colour="#30d030")
        self.assertEqual(draw(other, SETTINGS, False, self.memory), draw(other, SETTINGS, False))
        noisy = replace(SETTINGS, noise=14.0)
        drawn = draw(self.image, noisy, True, self.memory)
        self.assertEqual(drawn, draw(self.image, noisy, True))


class MemoryTests(SimpleTestCase):
    def test_it_forgets_what_was_used_least_lately(self):
        memory, made = Memory(most_bytes=2000), []

        def recall(key):
            return memory.recall(key, lambda: made.append(key) or np.zeros(100))

        for key in ("a", "b", "a", "c", "a", "b"):
            recall(key)
        self.assertEqual(made, ["a", "b", "c", "b"])

    def test_it_keeps_nothing_that_is_larger_than_its_room(self):
        memory = Memory(most_bytes=10)
        self.assertEqual(memory.recall("a", lambda: np.zeros(100)).sum(), 0)
        self.assertEqual(memory.recall("a", lambda: np.ones(100)).sum(), 100)

    def test_it_weighs_the_arrays_of_rows_and_lists(self):
        self.assertEqual(bytes_in([(np.zeros(4), 1), [np.zeros(2, np.uint8)]]), 34)
