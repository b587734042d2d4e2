import numpy as np
from django.test import SimpleTestCase
from PIL import Image, ImageDraw

from converter.adjusting.ground import GroundError, ground_of, with_ground
from converter.images import Logo


def ring(ground="#f4f0e8", ink="#b02020", side=96):
    """A ring with smooth edges on a ground, and how much of each pixel its ink covers."""
    large = Image.new("L", (side * 8, side * 8))
    draw = ImageDraw.Draw(large)
    draw.ellipse((80, 80, side * 8 - 80, side * 8 - 80), fill=255)
    draw.ellipse((240, 240, side * 8 - 240, side * 8 - 240), fill=0)
    share = large.resize((side, side), Image.Resampling.BOX)
    image = Image.new("RGB", share.size, ground)
    image.paste(Image.new("RGB", share.size, ink), mask=share)
    return Logo(image.convert("RGBA"), side, side, lossy=False), np.asarray(share)


class GroundTests(SimpleTestCase):
    def setUp(self):
        self.logo, self.share = ring()

    def changed(self, choice, logo=None):
        return np.asarray(with_ground(logo or self.logo, choice).image)

    def test_taking_it_away_everywhere_leaves_the_ink_with_its_coverage(self):
        pixels = self.changed("transparent-everywhere")
        difference = np.abs(pixels[..., 3].astype(int) - self.share)
        self.assertLessEqual(difference.max(), 8)
        inked = pixels[self.share > 20][:, :3].astype(int)
        self.assertLessEqual(np.abs(inked - [0xB0, 0x20, 0x20]).max(), 3)

    def test_around_the_logo_what_it_encloses_stays(self):
        pixels = self.changed("transparent")
        self.assertEqual(pixels[0, 0, 3], 0)
        self.assertEqual(pixels[48, 48].tolist(), [0xF4, 0xF0, 0xE8, 255])

    def test_another_colour_mixes_with_the_edges_as_the_ground_did(self):
        wanted, _ = ring(ground="#102040")
        pixels = self.changed("#102040", ring(ground="#f4f0e8")[0])
        outer = np.hypot(*np.mgrid[-48:48, -48:48]) > 30  # the hole keeps the old ground
        difference = np.abs(pixels.astype(int) - np.asarray(wanted.image).astype(int))
        self.assertLessEqual(difference[outer].max(), 6)

    def test_a_clear_logo_gets_a_ground_and_has_none_to_lose(self):
        clear = np.dstack([np.full((9, 9, 3), 80, np.uint8), np.zeros((9, 9), np.uint8)])
        clear[3:6, 3:6, 3] = 255
        logo = Logo(Image.fromarray(clear), 9, 9, lossy=False)
        self.assertIsNone(ground_of(clear))
        np.testing.assert_array_equal(self.changed("transparent", logo), clear)
        pixels = self.changed("#fff", logo)
        self.assertEqual((pixels[0, 0].tolist(), pixels[4, 4, 0]), ([255] * 4, 80))

    def test_a_picture_without_one_border_colour_has_no_ground(self):
        noise = np.random.default_rng(1).integers(0, 255, (64, 64, 4), np.uint8)
        noise[..., 3] = 255
        self.assertIsNone(ground_of(noise))

    def test_keeping_it_changes_nothing(self):
        self.assertIs(with_ground(self.logo, "keep"), self.logo)

    def test_anything_else_is_refused(self):
        for choice in ("", "red", "#12", "url(x)"):
            with self.subTest(choice), self.assertRaises(GroundError):
                with_ground(self.logo, choice)
