import numpy as np
from django.test import SimpleTestCase

from classifier.data.suspicious import label_quality, out_of_sample_folds


class LabelQualityTests(SimpleTestCase):
    def test_a_label_that_models_deny_fits_least(self):
        labels = np.array([0, 0, 1, 1])
        probabilities = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7]])
        quality = label_quality(labels, probabilities)
        self.assertEqual(int(quality.argmin()), 1)
        self.assertLess(quality[1], quality[3])

    def test_shapes_that_do_not_fit_are_refused(self):
        with self.assertRaisesMessage(ValueError, "do not fit"):
            label_quality(np.zeros(3, int), np.full((2, 2), 0.5))


class FoldTests(SimpleTestCase):
    def setUp(self):
        generator = np.random.default_rng(0)
        self.labels = np.repeat([0, 1], 40)
        self.features = generator.normal(self.labels[:, None] * 4, 1, (80, 3))
        self.brands = np.arange(80) // 2

    def answers(self) -> np.ndarray:
        found = np.full((80, 2), np.nan)
        for positions, probabilities in out_of_sample_folds(
            self.features, self.labels, self.brands
        ):
            found[positions] = probabilities
        return found

    def test_every_sample_is_answered_once(self):
        positions = [
            position
            for fold, _ in out_of_sample_folds(self.features, self.labels, self.brands)
            for position in fold
        ]
        self.assertEqual(sorted(positions), list(range(80)))

    def test_a_brand_is_never_both_taught_and_asked(self):
        for fold, _ in out_of_sample_folds(self.features, self.labels, self.brands):
            others = np.setdiff1d(np.arange(80), fold)
            self.assertFalse(set(self.brands[fold]) & set(self.brands[others]))

    def test_a_flipped_label_is_the_most_suspicious(self):
        self.labels[7] = 1
        quality = label_quality(self.labels, self.answers())
        self.assertEqual(int(quality.argmin()), 7)
