import numpy as np
from django.test import SimpleTestCase

from converter.vectorizer.colours import luma_and_chroma
from converter.vectorizer.jpeg import recognise
from tests.converter.vectorizer.jpegs import compressed, disc, painted

RED, BLUE, ORANGE, WHITE = (220, 40, 40), (30, 60, 200), (236, 121, 62), (255, 255, 255)


def recognised(image):
    return recognise(luma_and_chroma(np.asarray(image.convert("RGB"), np.float32)))


class RecogniseTest(SimpleTestCase):
    def test_it_reads_the_steps_from_pixels(self):
        for quality in (50, 60, 75, 90):
            # What is clipped at white is no multiple of a step.
            for paint, ground in ((RED, BLUE), (ORANGE, WHITE)):
                with self.subTest(quality=quality, ground=ground):
                    image = compressed(painted(disc(), paint, ground), quality)
                    found = recognised(image)
                    steps = np.array(image.quantization[0])
                    self.assertLess(abs(found.luma.sum() / steps.sum() - 1), 0.15)

    def test_it_tells_whether_chroma_is_halved(self):
        picture = painted(disc(), RED, BLUE)
        for subsampling, halved in ((2, True), (0, False)):
            with self.subTest(subsampling=subsampling):
                found = recognised(compressed(picture, 75, subsampling))
                self.assertEqual(found.halved, halved)

    def test_an_image_that_was_no_jpeg_is_none(self):
        self.assertIsNone(recognised(painted(disc(), RED, BLUE)))
        self.assertIsNone(recognised(painted(np.zeros((96, 96)), RED, BLUE)))
        noise = np.random.default_rng(0).random((96, 96))
        self.assertIsNone(recognised(painted(noise, RED, BLUE)))

    def test_a_jpeg_whose_blocks_lie_elsewhere_is_none(self):
        image = compressed(painted(disc(), RED, BLUE), 60)
        self.assertIsNone(recognised(image.crop((3, 5, 83, 85))))
