import numpy as np
from django.test import SimpleTestCase

from converter.quality import Quality, compare, edge_similarity


def square(shift=0, colour=(20, 40, 200), blur=False):
    image = np.full((128, 128, 3), 255, np.uint8)
    image[32:96, 32 + shift : 96 + shift] = colour
    if blur:
        image[32:96, 28 + shift : 32 + shift] = (138, 148, 228)
    return image


class QualityTest(SimpleTestCase):
    def quality(self, drawing):
        return compare(drawing, square(), 1024, 1).quality

    def test_the_source_itself_is_perfect(self):
        self.assertAlmostEqual(self.quality(square()), 1.0, places=5)

    def test_it_falls_with_displacement_blur_and_colour(self):
        self.assertGreater(self.quality(square(shift=1)), self.quality(square(shift=4)))
        self.assertLess(self.quality(square(blur=True)), 0.99)
        self.assertLess(self.quality(square(colour=(200, 40, 20))), 0.97)

    def test_an_edge_too_many_counts_and_an_empty_ground_does_not(self):
        striped = square()
        striped[::8, 40:90] = (0, 0, 0)
        self.assertLess(edge_similarity(striped, square()), 0.6)
        wide = [np.pad(image, ((0, 0), (0, 512), (0, 0)), constant_values=255)
                for image in (square(shift=2), square())]  # fmt: skip
        self.assertAlmostEqual(
            edge_similarity(*wide), edge_similarity(square(shift=2), square()), places=5
        )

    def test_two_empty_images_are_alike(self):
        empty = np.zeros((64, 64, 3), np.uint8)
        self.assertEqual(edge_similarity(empty, empty), 1.0)

    def test_size_and_paths_cost(self):
        small, large = Quality(1, 1, 1024, 1), Quality(1, 1, 3 * 1024, 3)
        self.assertAlmostEqual(small.score, 1 - 0.005 - 0.0025)
        self.assertAlmostEqual(large.score, 1 - 0.01 - 0.005)
