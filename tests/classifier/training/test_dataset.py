import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
from django.test import SimpleTestCase
from PIL import Image

from classifier.inference.preprocessing import UnreadableImageError, prepare, read_image
from classifier.training import dataset
from classifier.training.dataset import (
    ArrayCache,
    DecodingStoppedError,
    LabelledImage,
    training_pixels,
)
from tests.support.training_images import make_data, noise


class ArrayCacheTests(SimpleTestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.data = make_data(self.folder, train=4, val=4, test=4)
        self.cache = ArrayCache(self.folder / "arrays")

    def test_validation_images_are_what_serving_sees(self):
        array = self.cache.serving(self.data.val, 32)
        for row, image in enumerate(self.data.val):
            served = prepare(read_image(image.path, 10**6), 32, image.background)
            np.testing.assert_array_equal(array.pixels[row], served)
        self.assertEqual(array.labels.tolist(), [0, 1, 2, 3])

    def test_images_are_decoded_once(self):
        self.cache.serving(self.data.val, 32)
        with mock.patch.object(dataset, "read_image", side_effect=AssertionError):
            again = self.cache.serving(self.data.val, 32)
        self.assertEqual(len(again), 4)
        self.assertIsInstance(again.pixels, np.memmap)

    def test_a_changed_image_is_decoded_again(self):
        before = self.cache.serving(self.data.val, 32).pixels[0].copy()
        noise(self.data.val[0].path)
        os.utime(self.data.val[0].path, ns=(0, 0))
        self.assertFalse(np.array_equal(self.cache.serving(self.data.val, 32).pixels[0], before))

    def test_an_unreadable_image_leaves_nothing_behind(self):
        self.data.val[2].path.write_bytes(b"no image")
        with self.assertRaises(UnreadableImageError):
            self.cache.serving(self.data.val, 32)
        self.assertEqual(list((self.folder / "arrays").iterdir()), [])

    def test_it_stops_when_asked(self):
        cache = ArrayCache(self.folder / "arrays", should_stop=lambda: True)
        with self.assertRaises(DecodingStoppedError):
            cache.serving(self.data.val, 32)
        self.assertEqual(list((self.folder / "arrays").iterdir()), [])


class TrainingPixelsTests(SimpleTestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "image.png"

    def test_transparency_is_kept_and_the_ink_fills_the_square(self):
        image = Image.new("RGBA", (100, 60))
        image.paste((10, 200, 30, 255), (20, 20, 60, 40))
        image.save(self.path)
        pixels = training_pixels(LabelledImage(self.path, 0), 40)
        self.assertEqual(pixels.shape, (40, 40, 4))
        self.assertEqual(pixels[0, 0, 3], 0)
        np.testing.assert_array_equal(pixels[20, [0, 20, 39]], [[10, 200, 30, 255]] * 3)

    def test_an_opaque_image_is_what_serving_sees(self):
        image = LabelledImage(noise(self.path), 0)
        pixels = training_pixels(image, 32)
        served = prepare(read_image(image.path, 10**6), 32, image.background)
        np.testing.assert_array_equal(pixels[..., :3], served)
        self.assertTrue((pixels[..., 3] == 255).all())
