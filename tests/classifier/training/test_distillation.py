from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
import torch
from django.test import SimpleTestCase

from classifier.inference.engine import Engine
from classifier.training.dataset import serving_pixels
from classifier.training.distillation import distilled_loss, teacher_probabilities
from tests.support.training_images import make_data
from tests.support.versions import make_version_folder


class DistilledLossTests(SimpleTestCase):
    def setUp(self):
        generator = torch.Generator().manual_seed(0)
        self.logits = torch.randn(6, 4, generator=generator)
        self.teacher = torch.randn(6, 4, generator=generator).softmax(1)
        self.loss = torch.tensor(0.7)

    def distilled(self, weight, temperature, logits=None):
        logits = self.logits if logits is None else logits
        return distilled_loss(self.loss, logits, self.teacher, weight, temperature)

    def test_without_weight_only_the_labels_count(self):
        self.assertAlmostEqual(self.distilled(0.0, 3.0).item(), 0.7, places=6)

    def test_at_temperature_one_it_is_the_cross_entropy_to_the_teacher(self):
        expected = torch.nn.functional.cross_entropy(self.logits, self.teacher)
        self.assertAlmostEqual(self.distilled(1.0, 1.0).item(), expected.item(), places=5)

    def test_it_is_least_where_the_student_answers_as_the_teacher(self):
        same = self.distilled(1.0, 2.0, self.teacher.log())
        self.assertLess(same, self.distilled(1.0, 2.0))

    def test_the_gradients_size_hardly_depends_on_the_temperature(self):
        norms = []
        for temperature in (4.0, 8.0):
            logits = (self.logits * 0.1).requires_grad_()
            self.distilled(1.0, temperature, logits).backward()
            norms.append(logits.grad.norm().item())
        self.assertLess(abs(norms[0] / norms[1] - 1), 0.1)

    def test_a_certain_teacher_gives_no_infinity(self):
        teacher = torch.eye(4)
        loss = distilled_loss(self.loss, self.logits[:4], teacher, 0.5, 2.0)
        self.assertTrue(torch.isfinite(loss))


class TeacherProbabilitiesTests(SimpleTestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.images = make_data(self.root).train
        self.teacher = make_version_folder(self.root, temperature=2.0)

    def test_they_are_what_the_version_serves_and_are_computed_once(self):
        found = teacher_probabilities(self.teacher, self.images, self.root / "cache")
        pixels = np.stack([serving_pixels(image, 32) for image in self.images])
        np.testing.assert_allclose(found, Engine.load(self.teacher).probabilities(pixels))
        with mock.patch.object(Engine, "load") as load:
            again = teacher_probabilities(self.teacher, self.images, self.root / "cache")
        load.assert_not_called()
        np.testing.assert_array_equal(again, found)

    def test_other_images_and_another_teacher_are_asked_anew(self):
        other = make_version_folder(self.root, "other", temperature=1.0)
        cache = self.root / "cache"
        teacher_probabilities(self.teacher, self.images, cache)
        self.assertEqual(len(teacher_probabilities(self.teacher, self.images[1:], cache)), 31)
        teacher_probabilities(other, self.images, cache)
        self.assertEqual(len(list(cache.iterdir())), 3)

    def test_it_can_be_stopped_and_leaves_nothing(self):
        def stop(share):
            raise InterruptedError

        with self.assertRaises(InterruptedError):
            teacher_probabilities(self.teacher, self.images, self.root / "cache", stop)
        self.assertFalse((self.root / "cache").exists())
