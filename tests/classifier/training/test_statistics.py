import torch
from django.test import SimpleTestCase

from classifier.training.statistics import STATISTICS, TONE_COUNT, image_statistics

# Where the smallest and the largest change from row to row are; those across come seven later.
FAINT, EDGE, ACROSS = 0, 6, 7


def ramp(size: int = 64) -> torch.Tensor:
    """A grey gradient of one level a pixel from left to right, float32 [1, 3, size, size]."""
    return (torch.arange(size) / 255).expand(1, 3, size, size)


class StatisticsTests(SimpleTestCase):
    def test_a_plain_image_has_no_change_and_one_colour(self):
        statistics = image_statistics(torch.full((2, 3, 64, 64), 0.5))
        self.assertEqual(statistics.shape, (2, STATISTICS))
        self.assertEqual(statistics[:, :TONE_COUNT].abs().max().item(), 0)
        colours = statistics[0, TONE_COUNT:].exp()
        self.assertAlmostEqual(colours[0].item(), 1.0, places=3)
        self.assertLess(colours[1].item(), 1e-3)

    def test_a_gradient_is_faint_changes_along_one_axis_and_no_edges(self):
        right = image_statistics(ramp())[0]
        down = image_statistics(ramp().transpose(2, 3))[0]
        self.assertEqual(right[ACROSS + FAINT].item(), 1)
        self.assertEqual(right[ACROSS + EDGE].item(), 0)
        self.assertEqual(right[FAINT].item(), 0)
        self.assertEqual(down[FAINT].item(), 1)

    def test_an_edge_is_a_large_change_of_few_neighbours(self):
        image = torch.zeros(1, 3, 64, 64)
        image[..., 31:] = 1
        tones = image_statistics(image)[0, :TONE_COUNT]
        self.assertEqual(tones[ACROSS + FAINT], tones[ACROSS + EDGE])
        self.assertLess(tones[ACROSS + EDGE].item(), 0.05)
        self.assertGreater(tones[ACROSS + EDGE].item(), 0)
        self.assertEqual(tones[:ACROSS].max().item(), 0)

    def test_colours_are_counted_by_their_share(self):
        image = torch.zeros(1, 3, 64, 64)
        image[:, 0, :, 48:] = 1
        image[:, 1, :, 32:48] = 1
        colours = image_statistics(image)[0, TONE_COUNT:].exp()
        for share, expected in zip(colours.tolist(), (0.5, 0.25, 0.25, 0.0), strict=False):
            self.assertAlmostEqual(share, expected, places=3)

    def test_images_do_not_depend_on_their_batch(self):
        images = torch.rand(3, 3, 64, 64)
        alone = torch.cat([image_statistics(image[None]) for image in images])
        self.assertTrue(torch.equal(alone, image_statistics(images)))
