import random
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from django.test import SimpleTestCase
from PIL import Image, ImageDraw

from classifier.inference.preprocessing import prepare
from classifier.training.config import TrainingConfig
from classifier.training.dataset import ArrayCache
from classifier.training.uploads import COPIES, as_upload, upload_pixels
from classifier.training.views import augmented_views
from tests.support.training_images import make_data


def mark():
    image = Image.new("RGBA", (256, 160))
    ImageDraw.Draw(image).ellipse((20, 10, 200, 150), fill="#7a3fd0")
    return image


class UploadTests(SimpleTestCase):
    def test_files_have_the_sizes_that_people_send(self):
        logo = Image.new("RGB", (256, 160), "#ffffff")
        sides = [max(as_upload(logo, random.Random(n)).size) for n in range(60)]
        self.assertGreaterEqual(min(sides), 28)  # once more scaled: 0.7 of the smallest
        self.assertLessEqual(max(sides), 390)
        self.assertLess(min(sides), 70)
        self.assertGreater(max(sides), 200)

    def test_compression_leaves_traces_inside_of_the_mark(self):
        clean = prepare(mark(), 96, "#ffffff")
        rough = [upload_pixels(mark(), "#ffffff", 96, f"logo:{n}") for n in range(12)]
        tones = [len(np.unique(copy.reshape(-1, 3), axis=0)) for copy in rough]
        self.assertGreater(np.median(tones), 2 * len(np.unique(clean.reshape(-1, 3), axis=0)))

    def test_a_key_repeats_its_copy(self):
        again = [upload_pixels(mark(), "#ffffff", 64, "logo:1") for _ in range(2)]
        np.testing.assert_array_equal(*again)
        other = upload_pixels(mark(), "#ffffff", 64, "logo:2")
        self.assertFalse(np.array_equal(again[0], other))

    def test_the_mark_stays_visible(self):
        for number in range(20):
            copy = upload_pixels(mark(), "#ffffff", 64, f"logo:{number}").astype(int)
            self.assertGreater(np.abs(copy[32, 32] - copy[0, 0]).max(), 40, number)


class ViewTests(SimpleTestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        data = make_data(Path(folder.name), train=8, val=4, test=4)
        self.images = ArrayCache(Path(folder.name) / "arrays").training(data.train, 32, True)

    def views(self, **settings):
        config = TrainingConfig(input_size=32, **settings)
        return augmented_views(
            self.images, torch.arange(8), config, torch.Generator().manual_seed(3)
        )

    def test_copies_are_kept_beside_the_clean_image(self):
        self.assertEqual(self.images.copies.shape, (8, COPIES, 32, 32, 3))

    def test_without_changes_a_view_is_a_copy_as_it_is(self):
        views = (self.views(uploads=1.0, augmentation=0.0) * 255).round().byte()
        for row, view in enumerate(views.permute(0, 2, 3, 1).numpy()):
            same = [np.array_equal(view, copy) for copy in self.images.copies[row]]
            self.assertTrue(any(same), row)

    def test_the_share_decides(self):
        clean = self.views(uploads=0.0, augmentation=0.0)
        mixed = self.views(uploads=0.5, augmentation=0.0)
        kept = (mixed - clean).abs().amax((1, 2, 3)) < 1e-6
        self.assertTrue(0 < kept.sum() < 8)
        self.assertTrue(mixed.is_contiguous(memory_format=torch.channels_last))
