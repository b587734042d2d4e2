import numpy as np
from django.test import SimpleTestCase

from classifier.evaluation.saliency import occlusion_map, overlay


def dark_upper_left(images: np.ndarray) -> np.ndarray:
    """A model that is sure of class 1 as far as the upper left eighth is dark."""
    share = (images[:, :8, :8] < 128).mean(axis=(1, 2, 3))
    return np.stack([0.4 * (1 - share), 0.4 + 0.6 * share], axis=1)


class SaliencyTests(SimpleTestCase):
    def setUp(self):
        self.image = np.full((64, 64, 3), 255, np.uint8)
        self.image[2:8, 2:8] = 0  # the corner keeps the background's colour
        self.image[40:56, 40:56] = 0

    def test_what_decides_stands_out(self):
        found = occlusion_map(self.image, dark_upper_left)
        self.assertEqual(found.shape, (8, 8))
        self.assertGreater(found[0, 0], 0.3)
        self.assertEqual(found.ravel()[1:].max(), 0)

    def test_the_image_itself_stays(self):
        before = self.image.copy()
        occlusion_map(self.image, dark_upper_left)
        np.testing.assert_array_equal(self.image, before)

    def test_the_overlay_colours_what_decides(self):
        saliency = np.zeros((8, 8), np.float32)
        saliency[0, 0] = 0.5
        pixels = np.asarray(overlay(self.image, saliency)).astype(int)
        colour = np.ptp(pixels, axis=2)
        self.assertGreater(colour[3, 3], 100)
        self.assertEqual(colour[50, 50], 0)

    def test_nothing_is_coloured_where_nothing_matters(self):
        pixels = np.asarray(overlay(self.image, np.zeros((8, 8), np.float32)))
        self.assertEqual(np.ptp(pixels, axis=2).max(), 0)
