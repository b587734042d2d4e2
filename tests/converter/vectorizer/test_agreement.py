from unittest.mock import patch

import cv2
import numpy as np
from django.test import SimpleTestCase

from converter.presets import PRESETS
from converter.vectorizer import regions
from tests.converter.vectorizer.jpegs import compressed, disc, painted


def shares(image, lossy=True):
    """Return what the smaller of two paints covers, softened: as found, and before it agrees."""
    settings = PRESETS["simple"].settings_for(lossy)
    pixels = np.asarray(image.convert("RGBA"))
    with patch.object(regions, "agreeing", wraps=regions.agreeing) as watched:
        found = [regions.find_regions(pixels, settings, lossy).mixture]
    found += [call.args[0] for call in watched.call_args_list]
    return [_covered(mixture) for mixture in found]


def _covered(mixture):
    ground = np.bincount(mixture.first.ravel()).argmax()
    share = np.where(mixture.first == ground, 1 - mixture.share, mixture.share)
    share[(mixture.first == ground) & (mixture.second == ground)] = 0
    return cv2.GaussianBlur(share, (0, 0), 0.8)


class AgreementTest(SimpleTestCase):
    def test_shares_come_nearer_to_the_truth(self):
        true = cv2.GaussianBlur(disc(), (0, 0), 0.8)
        edge = (true > 0.05) & (true < 0.95)
        for paint, ground, gain in (
            ((220, 40, 40), (30, 60, 200), 1.6),  # of nearly one lightness
            ((250, 200, 40), (240, 240, 240), 1.3),
            ((80, 80, 80), (180, 180, 180), 1.3),
            ((220, 40, 40), (255, 255, 255), 1.1),  # clipped at white
            ((0, 0, 0), (255, 255, 255), 0.9),  # everything is clipped: nothing is told
        ):
            with self.subTest(paint=paint, ground=ground):
                after, before = shares(compressed(painted(disc(), paint, ground), 60))
                off = [np.sqrt(((each - true)[edge] ** 2).mean()) for each in (before, after)]
                self.assertGreater(off[0], gain * off[1])

    def test_an_image_whose_sides_are_no_whole_blocks_is_read_too(self):
        picture = painted(disc()[:90, :77], (220, 40, 40), (30, 60, 200))
        self.assertEqual(len(shares(compressed(picture, 60))), 2)

    def test_png_is_left_as_it_is(self):
        self.assertEqual(len(shares(painted(disc(), (220, 40, 40), (30, 60, 200)), False)), 1)
