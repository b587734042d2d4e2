import tempfile
from pathlib import Path

import numpy as np
from django.test import SimpleTestCase
from PIL import Image

from classifier.data.lettering import (
    Reading,
    is_plausible,
    known_readings,
    read_lettering,
    save_readings,
)
from classifier.data.synthetic import _letters as write


class PlausibleTests(SimpleTestCase):
    def test_a_reading_like_the_name_is_lettering(self):
        for text, name in [
            ("Vim", "vim-plain"), ("WELLS FARGO", "wellsfargo"), ("zencoden", "zencoder-text"),
            ("Ae", "adobe-after-effects"), ("Bē", "behance"),
        ]:  # fmt: skip
            with self.subTest(text):
                self.assertTrue(is_plausible(Reading(1.0, 0.7, text), name))

    def test_symbols_taken_for_letters_are_not(self):
        for text, name in [("88", "apachekafka"), ("001", "medium-icon"), ("11", "codeclimate")]:
            with self.subTest(text):
                self.assertFalse(is_plausible(Reading(1.0, 0.9, text), name))

    def test_an_abbreviation_counts_when_it_was_read_with_certainty(self):
        self.assertTrue(is_plausible(Reading(1.0, 1.0, "TS"), "typescript"))
        self.assertFalse(is_plausible(Reading(1.0, 0.9, "TS"), "typescript"))

    def test_one_letter_is_a_symbol(self):
        self.assertFalse(is_plausible(Reading(1.0, 1.0, "V"), "vim"))


class ReadingTests(SimpleTestCase):
    def logo(self, tile: bool) -> np.ndarray:
        image = Image.new("RGBA", (256, 128), (20, 60, 160, 255) if tile else (0, 0, 0, 0))
        write(image, "Kappa", (255, 255, 255) if tile else (10, 10, 10), (30, 30, 226, 98))
        return np.asarray(image)

    def test_it_reads_a_word(self):
        reading = read_lettering(self.logo(tile=False), "#ffffff", tile=False)
        self.assertEqual(reading.text.lower(), "kappa")
        self.assertGreater(reading.share, 0.8)

    def test_on_a_tile_the_word_is_the_foreground(self):
        reading = read_lettering(self.logo(tile=True), "#ffffff", tile=True)
        self.assertGreater(reading.share, 0.8)

    def test_letters_cut_out_of_a_tile_are_read(self):
        image = self.logo(tile=True).copy()
        image[..., 3] = np.where(image[..., 0] > 200, 0, 255)
        reading = read_lettering(image, "#ffffff", tile=True)
        self.assertGreater(reading.share, 0.8)

    def test_a_disc_has_no_lettering(self):
        image = np.zeros((128, 128, 4), np.uint8)
        y, x = np.mgrid[:128, :128] - 64
        image[x * x + y * y < 3000] = (200, 30, 30, 255)
        reading = read_lettering(image, "#ffffff", tile=False)
        self.assertFalse(reading.share and is_plausible(reading, "disc-brand"))


class TableTests(SimpleTestCase):
    def test_what_is_saved_is_known_and_equal_tables_are_equal_files(self):
        readings = {"b": Reading(0.5, 0.91, 'comma, "quote"'), "a": Reading(0.0)}
        with tempfile.TemporaryDirectory() as folder:
            first, second = Path(folder, "1.csv.gz"), Path(folder, "2.csv.gz")
            save_readings(readings, first)
            save_readings(dict(reversed(readings.items())), second)
            self.assertEqual(known_readings(first), readings)
            self.assertEqual(first.read_bytes(), second.read_bytes())
            self.assertEqual(len(list(Path(folder).iterdir())), 2)
