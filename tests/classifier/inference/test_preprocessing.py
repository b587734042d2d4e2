import io
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageDraw

from classifier.inference.preprocessing import (
    ImageTooLargeError,
    UnreadableImageError,
    compose,
    prepare,
    read_image,
)

LIMIT = 10_000_000


def encoded(image, file_format="PNG", **options):
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def wordmark():
    """Draw a wide word, tightly cut."""
    image = Image.new("RGB", (640, 160), "white")
    ImageDraw.Draw(image).text((0, 0), "Wordmark", fill="#123a8c", font_size=130)
    return image


def corner(size=(4, 2)):
    """Return an image with one red pixel, at the top left."""
    image = Image.new("RGB", size, "white")
    image.putpixel((0, 0), (255, 0, 0))
    return image


class ReadImageTestCase(unittest.TestCase):
    def test_it_reads_bytes_and_paths_alike(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "logo.txt"
            path.write_bytes(encoded(wordmark()))
            from_path = read_image(path, LIMIT)
            self.assertEqual(from_path.mode, "RGBA")
            self.assertEqual(from_path, read_image(path.read_bytes(), LIMIT))

    def test_it_turns_the_image_upright(self):
        for orientation, place in ((1, (0, 0)), (3, (3, 1)), (6, (1, 0)), (8, (0, 3))):
            exif = Image.Exif()
            exif[0x0112] = orientation
            image = read_image(encoded(corner(), exif=exif), LIMIT)
            self.assertEqual(image.getpixel(place), (255, 0, 0, 255), orientation)

    def test_it_keeps_the_first_frame(self):
        frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
        for file_format in ("GIF", "WEBP", "PNG", "TIFF"):
            content = encoded(frames[0], file_format, save_all=True, append_images=frames[1:])
            red, _, blue, _ = read_image(content, LIMIT).getpixel((4, 4))
            self.assertGreater(red, blue + 200, file_format)

    def test_sixteen_bits_are_scaled_and_not_cut_off(self):
        levels = np.array([[0, 32768, 65535]], np.uint16)
        image = read_image(encoded(Image.fromarray(levels)), LIMIT)
        self.assertEqual([image.getpixel((x, 0))[0] for x in range(3)], [0, 128, 255])

    def test_a_key_colour_and_a_transparent_palette_become_alpha(self):
        key = encoded(Image.new("RGB", (2, 2), (1, 2, 3)), transparency=(1, 2, 3))
        indexed = Image.new("P", (2, 2), 5)
        indexed.putpalette(list(range(256)) * 3)
        for content in (key, encoded(indexed, transparency=5)):
            self.assertEqual(read_image(content, LIMIT).getpixel((0, 0))[3], 0)

    def test_cmyk_becomes_rgb(self):
        image = read_image(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"), LIMIT)
        red, green, _, alpha = image.getpixel((4, 4))
        self.assertTrue(red > 200 and green < 60 and alpha == 255)

    def test_a_colour_profile_is_applied_and_alpha_kept(self):
        lab = ImageCms.createProfile("LAB")
        for profile in (ImageCms.ImageCmsProfile(lab).tobytes(), b"broken"):
            image = Image.new("RGBA", (2, 2), (200, 30, 30, 77))
            read = read_image(encoded(image, icc_profile=profile), LIMIT)
            self.assertEqual(read.getpixel((0, 0)), (200, 30, 30, 77))

    def test_too_many_pixels_are_refused_before_decoding(self):
        content = encoded(Image.new("1", (3000, 3000)))[:80]  # the header is whole
        with self.assertRaisesRegex(ImageTooLargeError, r"3,000 x 3,000"):
            read_image(content, 8_999_999)

    def test_damaged_files_are_unreadable(self):
        noise = Image.effect_noise((300, 300), 90)
        for file_format in ("PNG", "JPEG", "WEBP", "GIF", "TIFF"):
            content = encoded(noise, file_format)
            with self.subTest(file_format), self.assertRaises(UnreadableImageError):
                read_image(content[: len(content) // 3], LIMIT)

    def test_formats_off_the_list_are_unreadable(self):
        for file_format in ("PPM", "ICO", "TGA", "EPS", "PCX"):
            with self.subTest(file_format), self.assertRaises(UnreadableImageError):
                read_image(encoded(Image.new("RGB", (16, 16)), file_format), LIMIT)

    def test_a_path_that_is_not_there_says_so(self):
        with self.assertRaisesRegex(UnreadableImageError, "No such file"):
            read_image(Path("/nonexistent/logo.png"), LIMIT)

    def test_a_target_shrinks_big_images_but_leaves_room(self):
        big = Image.new("RGB", (4000, 3000), "teal")
        for file_format in ("JPEG", "PNG"):
            side = max(read_image(encoded(big, file_format), 20_000_000, target=160).size)
            self.assertTrue(640 <= side < 1300, (file_format, side))

    def test_a_target_leaves_small_images_as_they_are(self):
        content = encoded(wordmark())
        self.assertEqual(read_image(content, LIMIT, target=160), read_image(content, LIMIT))


class ComposeTestCase(unittest.TestCase):
    def test_a_white_mark_gets_a_dark_background(self):
        image = Image.new("RGBA", (60, 60))
        image.paste((255, 255, 255, 255), (20, 20, 40, 40))
        self.assertLess(compose(image)[0, 0].max(), 60)

    def test_a_dark_mark_gets_white(self):
        image = Image.new("RGBA", (60, 60))
        image.paste((20, 20, 30, 255), (20, 20, 40, 40))
        self.assertEqual(compose(image)[0, 0].tolist(), [255, 255, 255])

    def test_white_inside_a_coloured_tile_does_not_count(self):
        image = Image.new("RGBA", (60, 60))
        image.paste((200, 20, 30, 255), (5, 5, 55, 55))
        image.paste((255, 255, 255, 255), (10, 10, 50, 50))
        self.assertEqual(compose(image)[0, 0].tolist(), [255, 255, 255])

    def test_a_given_background_is_used_and_half_alpha_mixes(self):
        image = Image.new("RGBA", (2, 2), (255, 0, 0, 128))
        self.assertEqual(compose(image, "#0000ff")[0, 0].tolist(), [128, 0, 127])


class PrepareTestCase(unittest.TestCase):
    def prepared(self, image, file_format="PNG", **options):
        return prepare(read_image(encoded(image, file_format, **options), LIMIT), 128).astype(int)

    def test_it_gives_a_square_of_bytes(self):
        array = prepare(wordmark().convert("RGBA"), 96)
        self.assertEqual((array.shape, array.dtype), ((96, 96, 3), np.uint8))

    def test_room_around_a_mark_changes_nothing(self):
        tight = self.prepared(wordmark())
        square = Image.new("RGB", (640, 640), "white")
        square.paste(wordmark(), (0, 240))
        wide = Image.new("RGB", (1400, 300), "white")
        wide.paste(wordmark(), (700, 11))
        for image in (square, wide):
            np.testing.assert_array_equal(self.prepared(image), tight)

    def test_jpeg_noise_around_a_mark_changes_nearly_nothing(self):
        tight = self.prepared(wordmark())
        square = Image.new("RGB", (640, 640), "#e8edf3")
        square.paste("#123a8c", (100, 200, 500, 330))
        exact = self.prepared(square)
        for quality in (90, 60):
            noisy = self.prepared(square, "JPEG", quality=quality)
            self.assertLess(np.abs(noisy - exact).mean(), 6)
        self.assertGreater(np.abs(tight - exact).mean(), 20)  # the measure tells marks apart

    def test_the_ends_of_a_wordmark_are_kept(self):
        image = Image.new("RGB", (1000, 100), "white")
        image.paste("red", (0, 0, 40, 100))
        image.paste("blue", (960, 0, 1000, 100))
        row = self.prepared(image)[64]
        self.assertGreater(row[1, 0] - row[1, 2], 150)
        self.assertGreater(row[-2, 2] - row[-2, 0], 150)

    def test_the_padding_has_the_colour_of_the_border(self):
        image = Image.new("RGB", (400, 100), "#203040")
        image.paste("white", (10, 10, 390, 90))
        self.assertEqual(self.prepared(image)[0, 0].tolist(), [0x20, 0x30, 0x40])

    def test_a_faint_mark_is_trimmed_too(self):
        image = Image.new("RGB", (400, 400), "white")
        image.paste("#f0f0f0", (180, 180, 220, 220))
        self.assertEqual(self.prepared(image)[64, 64].tolist(), [240, 240, 240])
        self.assertEqual(self.prepared(image)[4, 4].tolist(), [240, 240, 240])

    def test_extreme_shapes_and_plain_images(self):
        for size in ((1, 1), (20_000, 1), (1, 5_000), (3, 3)):
            array = prepare(Image.new("RGBA", size, "teal"), 64)
            self.assertEqual(array[32, 32].tolist(), [0, 128, 128], size)
