import numpy as np
from django.test import SimpleTestCase
from PIL import Image, ImageDraw

from classifier.evaluation.robustness import (
    CORRUPTIONS,
    downscale,
    frame,
    grayscale,
    invert,
    measure_robustness,
    noise,
    recolour_background,
    rotate,
    small_compressed_framed,
)


def disc(colour="#d01030", ground="#ffffff", side=96):
    image = Image.new("RGB", (side, side), ground)
    ImageDraw.Draw(image).ellipse((16, 16, side - 16, side - 16), fill=colour)
    return image


class CorruptionTests(SimpleTestCase):
    def test_every_one_changes_the_image_and_leaves_the_original_alone(self):
        original = disc()
        before = original.tobytes()
        for corruption in CORRUPTIONS:
            for strength in corruption.strengths:
                with self.subTest(corruption.name, strength=strength):
                    changed = corruption.apply(original, strength)
                    self.assertEqual(changed.mode, "RGB")
                    if corruption.apply is not downscale or strength < 96:
                        self.assertNotEqual(changed.tobytes(), before)
                    self.assertEqual(original.tobytes(), before)

    def test_stronger_means_farther_from_the_original(self):
        original = np.asarray(disc(), float)
        for corruption in CORRUPTIONS[:1] + CORRUPTIONS[2:4]:
            distances = [
                np.abs(np.asarray(corruption.apply(disc(), strength), float) - original).mean()
                for strength in corruption.strengths
            ]
            self.assertEqual(distances, sorted(distances), corruption.name)

    def test_downscaling_keeps_the_aspect(self):
        self.assertEqual(downscale(Image.new("RGB", (200, 100)), 50).size, (50, 25))
        self.assertEqual(downscale(Image.new("RGB", (20, 10)), 50).size, (20, 10))

    def test_a_coloured_background_keeps_the_mark_and_its_contrast(self):
        for colour in ("#d01030", "#1f6feb"):
            original, changed = disc(colour), recolour_background(disc(colour), 1)
            self.assertEqual(changed.getpixel((48, 48)), original.getpixel((48, 48)))
            ground, ink = np.array(changed.getpixel((0, 0))), np.array(changed.getpixel((48, 48)))
            self.assertNotEqual(tuple(ground), (255, 255, 255))
            self.assertGreater(np.abs(ground - ink).max(), 100)

    def test_uploads_are_square_and_small(self):
        wide = Image.new("RGB", (200, 100), "#ffffff")
        ImageDraw.Draw(wide).rectangle((40, 20, 160, 80), fill="#d01030")
        small = small_compressed_framed(wide, 96)
        self.assertEqual(small.size, (96, 96))
        self.assertGreater(min(small.getpixel((48, 4))), 240)
        self.assertGreater(len(small.getcolors(96 * 96)), 20)  # JPEG's noise

    def test_only_the_outer_background_is_coloured(self):
        ring = disc()
        ImageDraw.Draw(ring).ellipse((36, 36, 60, 60), fill="#ffffff")
        self.assertEqual(recolour_background(ring, 1).getpixel((48, 48)), (255, 255, 255))

    def test_noise_is_the_same_each_time(self):
        self.assertEqual(noise(disc(), 16).tobytes(), noise(disc(), 16).tobytes())

    def test_grayscale_takes_the_colour_out(self):
        pixels = np.asarray(grayscale(disc(), 1))
        self.assertTrue((pixels[..., 0] == pixels[..., 2]).all())

    def test_inverting_turns_white_black(self):
        self.assertEqual(invert(disc(), 1).getpixel((0, 0)), (0, 0, 0))

    def test_turning_fills_corners_with_the_ground(self):
        turned = rotate(disc(ground="#203040"), 15)
        self.assertEqual(turned.getpixel((0, 0)), (0x20, 0x30, 0x40))

    def test_a_frame_differs_from_the_ground(self):
        framed = frame(disc(), 0.1)
        self.assertEqual(framed.width, 96 + 2 * 10)
        self.assertNotEqual(framed.getpixel((0, 0)), (255, 255, 255))


class MeasureTests(SimpleTestCase):
    def test_it_measures_each_strength_and_names_the_worst_class(self):
        images = [disc("#d01030"), disc("#1030d0"), disc("#1030d0")]
        labels = np.array([0, 1, 1])

        def is_blue(batch):  # loses its way without colour
            means = [np.asarray(image, float).mean(axis=(0, 1)) for image in batch]
            return np.array([int(mean[2] > mean[0] + 1) for mean in means])

        kept = [c for c in CORRUPTIONS if c.name in ("JPEG quality", "Without colour")]
        rows = list(measure_robustness(images, labels, is_blue, kept))
        self.assertEqual(len(rows), 4)
        self.assertEqual([row["accuracy"] for row in rows[:3]], [1, 1, 1])
        self.assertAlmostEqual(rows[3]["accuracy"], 1 / 3)
        self.assertEqual((rows[3]["worst_class"], rows[3]["worst_accuracy"]), ("text", 0))
