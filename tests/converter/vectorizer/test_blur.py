import numpy as np
from django.test import SimpleTestCase

from converter.presets import PRESETS
from converter.vectorizer.paints import Flat
from converter.vectorizer.regions import find_regions
from tests.converter.vectorizer.jpegs import SIDE, compressed, painted

YELLOW, BLUE = (255, 204, 20), (0, 114, 188)


def tapering():
    """Return what tapering lines cover: from eight pixels to a point."""
    down, along = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    share = np.zeros((SIDE, SIDE))
    for row in (16, 40, 64):
        half = 4 * (1 - along / SIDE)
        share = np.maximum(share, np.clip(half + 0.5 - np.abs(down - row - 0.1 * along), 0, 1))
    return share


class BlurTest(SimpleTestCase):
    def paints(self, image, lossy):
        settings = PRESETS["complex"].settings_for(lossy)
        found = find_regions(np.asarray(image.convert("RGBA")), settings, lossy)
        return [paint for paint in found.paints if isinstance(paint, Flat)]

    def test_thin_lines_of_a_jpeg_take_no_tone_from_what_is_beside(self):
        for quality in (40, 50):
            with self.subTest(quality=quality):
                image = compressed(painted(tapering(), BLUE, YELLOW), quality)
                self.assertEqual(len(self.paints(image, True)), 2)

    def test_a_wide_part_of_such_a_colour_is_a_paint(self):
        image = painted(tapering(), BLUE, YELLOW)
        image.paste((72, 88, 40), (70, 4, 92, 16))
        self.assertEqual(len(self.paints(compressed(image, 60), True)), 3)
