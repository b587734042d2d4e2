import numpy as np
from django.test import SimpleTestCase
from PIL import Image

from classifier.evaluation.rules import fit_rules, worsened
from classifier.inference.measures import MEASURES
from classifier.inference.rules import decide


class FitRulesTests(SimpleTestCase):
    """Four classes: the first measure tells two pairs apart, the second who is who in a pair."""

    def setUp(self):
        generator = np.random.default_rng(0)
        self.labels = np.arange(800) % 4
        self.measures = generator.normal(0, 0.3, (800, len(MEASURES)))
        self.measures[:, 0] += self.labels // 2
        self.measures[:, 1] += self.labels % 2
        self.fitted, self.scores = fit_rules(
            (self.measures[:600], self.labels[:600]), (self.measures[600:], self.labels[600:])
        )

    def answers(self, rows: np.ndarray) -> np.ndarray:
        named = [dict(zip(MEASURES, row, strict=True)) for row in rows]
        return np.array([decide(self.fitted, measures).probabilities for measures in named])

    def test_the_written_trees_score_what_the_fit_said(self):
        answers = self.answers(self.measures).argmax(axis=1)
        right = answers == self.labels
        self.assertAlmostEqual(right[:600].mean(), self.scores["train_accuracy"], places=3)
        self.assertAlmostEqual(right[600:].mean(), self.scores["val_accuracy"], places=3)
        self.assertGreater(self.scores["val_accuracy"], 0.8)

    def test_answers_are_sure_far_from_the_thresholds_and_unsure_near_them(self):
        far, near = np.zeros((2, len(MEASURES)))
        near[0] = near[1] = 0.5
        sure, unsure = self.answers(np.array([far, near])).max(axis=1)
        self.assertGreater(sure, 0.7)
        self.assertLess(unsure, sure)

    def test_as_many_trees_as_validation_asks_for(self):
        counts = {len(trees) for trees in self.fitted["trees"].values()}
        self.assertEqual(counts, {self.scores["trees"]})


class WorsenedTests(SimpleTestCase):
    def test_a_copy_is_smaller_or_compressed_and_repeatable(self):
        image = Image.effect_noise((256, 256), 90).convert("RGB")
        for seed in range(6):
            worse = worsened(image, np.random.default_rng(seed))
            again = worsened(image, np.random.default_rng(seed))
            self.assertEqual(worse.tobytes(), again.tobytes())
            self.assertNotEqual(worse.tobytes(), image.tobytes())
            self.assertLessEqual(max(worse.size), 256)
