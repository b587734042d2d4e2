import io
from unittest import mock

from django.test import SimpleTestCase
from PIL import Image

from classifier.images import ImageTooLargeError, limits
from classifier.images.readers import memory_of, scans_of
from classifier.images.reading import Wanted, read_header, read_picture
from tests.hostile.pictures import encoded, huge, many_scans

ANY = Wanted(64_000_000, at_least=640)


class ScansTests(SimpleTestCase):
    def test_it_counts_a_baseline_and_a_progressive_jpegs_scans(self):
        image = Image.effect_noise((300, 200), 60).convert("RGB")
        self.assertEqual(scans_of(encoded(image, "JPEG"), 100), 1)
        self.assertEqual(scans_of(encoded(image, "JPEG", progressive=True), 100), 10)

    def test_it_stops_counting_soon_after_the_limit(self):
        self.assertEqual(scans_of(many_scans(64, 5000), 40), 41)

    def test_a_marker_within_a_segment_is_none(self):
        content = encoded(Image.new("RGB", (32, 32)), "JPEG", comment=b"\xff\xda" * 50)
        self.assertEqual(scans_of(content, 100), 1)

    def test_what_follows_the_image_does_not_count(self):
        content = encoded(Image.new("RGB", (32, 32)), "JPEG") + b"\xff\xda" * 50
        self.assertEqual(scans_of(content, 100), 1)

    def test_a_jpeg_of_many_scans_is_refused_before_it_is_decoded(self):
        with (
            mock.patch("classifier.images.reading._decode", side_effect=AssertionError),
            self.assertRaisesMessage(ImageTooLargeError, "more than 40 times"),
        ):
            read_picture(many_scans(), ANY)


class MemoryTests(SimpleTestCase):
    def test_small_files_of_huge_pictures_are_refused_by_format_and_mode(self):
        for content in (
            huge("WEBP", 6000),
            huge("PNG", 7900, "P"),
            huge("PNG", 7900, "LA"),
            huge("GIF", 7900, "P"),
        ):
            with (
                self.subTest(content[:12]),
                self.assertRaisesMessage(ImageTooLargeError, "too much memory"),
            ):
                read_header(content, ANY)

    def test_what_is_cheap_is_let_through_at_the_same_size(self):
        for content in (huge("PNG", 7900), huge("PNG", 7900, "I;16"), huge("JPEG", 7900)):
            self.assertEqual(read_header(content, ANY).width, 7900)

    def test_a_jpeg_costs_less_where_it_may_be_decoded_smaller(self):
        with Image.open(io.BytesIO(huge("JPEG", 4000))) as image:
            self.assertLess(memory_of(image, at_least=640) * 5, memory_of(image))

    def test_every_limit_can_be_set_by_the_environment_and_is_checked(self):
        with mock.patch.dict("os.environ", {"IMAGES_SCANS": "7"}):
            self.assertEqual(limits._limit("SCANS", 40), 7)
        for wrong in ("0", "many", "-3", "²"):
            with (
                mock.patch.dict("os.environ", {"IMAGES_SCANS": wrong}),
                self.assertRaisesMessage(ValueError, "IMAGES_SCANS must be"),
            ):
                limits._limit("SCANS", 40)


class QuickTests(SimpleTestCase):
    def test_a_small_logo_is_quick_in_every_common_format(self):
        logo = Image.new("RGB", (512, 512), "red")
        for file_format in ("PNG", "JPEG", "WEBP", "GIF"):
            self.assertTrue(read_header(encoded(logo, file_format), ANY).quick, file_format)

    def test_other_formats_many_pixels_many_scans_and_large_profiles_are_not(self):
        logo = Image.new("RGB", (512, 512), "red")
        for content in (
            encoded(logo, "TIFF"),
            encoded(logo, "BMP"),
            huge("PNG", 2000),
            many_scans(512, 20),
            encoded(logo, icc_profile=bytes(100_000)),
        ):
            self.assertFalse(read_header(content, ANY).quick)
