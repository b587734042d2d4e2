from django.test import SimpleTestCase
from PIL import Image

from converter.images import RefusedImageError, read_logo
from tests.converter.images import encoded, logo, png_header, swapped_profile

SCRIPT = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


class AcceptedImageTest(SimpleTestCase):
    def test_it_reads_every_format(self):
        opaque = logo(transparent=False).convert("RGB")
        for name in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"):
            with self.subTest(name):
                read = read_logo(encoded(opaque, name), 2048)
                self.assertEqual((read.image.mode, read.width, read.height), ("RGBA", 128, 128))
                self.assertFalse(read.transparent)

    def test_it_keeps_transparency(self):
        read = read_logo(encoded(logo()), 2048)
        self.assertTrue(read.transparent)
        self.assertEqual(read.image.getpixel((0, 0))[3], 0)

    def test_it_turns_an_image_upright(self):
        image = Image.new("RGB", (60, 30), "red")
        exif = Image.Exif()
        exif[0x0112] = 6
        read = read_logo(encoded(image, "JPEG", exif=exif), 2048)
        self.assertEqual((read.width, read.height), (30, 60))
        self.assertEqual(read.image.size, (30, 60))

    def test_it_reads_cmyk_in_its_own_colours(self):
        image = logo(transparent=False).convert("RGB").convert("CMYK")
        read = read_logo(encoded(image, "TIFF"), 2048)
        red, green, blue, alpha = read.image.getpixel((64, 24))
        self.assertGreater(red, green + 100)
        self.assertGreater(red, blue + 100)
        self.assertEqual(alpha, 255)

    def test_it_shows_a_colour_profiles_colours(self):
        for mode, name in (("RGB", "PNG"), ("RGBA", "PNG"), ("RGB", "JPEG"), ("RGB", "WEBP")):
            with self.subTest((mode, name)):
                image = Image.new(mode, (32, 32), "red")
                content = encoded(image, name, icc_profile=swapped_profile())
                red, green, _, alpha = read_logo(content, 2048).image.getpixel((16, 16))
                self.assertLess(red, 30)
                self.assertGreater(green, 225)
                self.assertEqual(alpha, 255)

    def test_a_broken_colour_profile_is_left_out(self):
        content = encoded(Image.new("RGB", (32, 32), "red"), "PNG", icc_profile=b"nonsense")
        self.assertEqual(read_logo(content, 2048).image.getpixel((5, 5)), (255, 0, 0, 255))

    def test_it_takes_the_first_frame_of_an_animation(self):
        frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
        content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
        self.assertEqual(read_logo(content, 2048).image.getpixel((5, 5)), (255, 0, 0, 255))

    def test_it_goes_by_content_and_not_by_name(self):
        self.assertEqual(read_logo(encoded(logo(), "WEBP"), 2048).width, 128)

    def test_it_scales_a_large_image_down_and_remembers_its_size(self):
        read = read_logo(encoded(Image.new("RGB", (3000, 600), "red"), "JPEG"), 512)
        self.assertEqual((read.width, read.height), (3000, 600))
        self.assertEqual(max(read.image.size), 512)


class RefusedImageTest(SimpleTestCase):
    def assert_refused(self, content, message):
        with self.assertRaisesMessage(RefusedImageError, message):
            read_logo(content, 2048)

    def test_it_refuses_what_is_no_image(self):
        self.assert_refused(b"", "empty")
        self.assert_refused(b"hello", "not a PNG, JPEG")
        self.assert_refused(SCRIPT, "holds an SVG drawing")

    def test_it_refuses_a_truncated_image(self):
        content = encoded(Image.effect_noise((256, 256), 80))
        self.assert_refused(content[: len(content) // 2], "damaged or incomplete")

    def test_it_refuses_a_bomb_by_its_header(self):
        self.assert_refused(png_header(30_000, 30_000), "too large")
        self.assert_refused(png_header(9_000, 9_000), "9,000 x 9,000")

    def test_it_refuses_extreme_sizes(self):
        self.assert_refused(encoded(Image.new("L", (1, 1))), "at least 16 px")
        self.assert_refused(encoded(Image.new("L", (20_000, 1))), "8,000 px")
        self.assert_refused(encoded(Image.new("L", (500, 1))), "4 px on its short one")
