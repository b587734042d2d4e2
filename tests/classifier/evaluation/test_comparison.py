import numpy as np
from django.test import SimpleTestCase

from classifier.evaluation.comparison import compare
from classifier.evaluation.predictions import InvalidPredictionsError


class ComparisonTests(SimpleTestCase):
    def test_the_hand_worked_case_holds(self):
        # 5 samples that the first alone gets right, none the other way: p = 2 / 2 ** 5.
        labels = np.array([0, 0, 0, 1, 1, 2, 3])
        first = np.array([0, 0, 0, 1, 1, 2, 0])
        second = np.array([1, 1, 1, 0, 0, 2, 1])
        result = compare(labels, first, second)
        self.assertEqual(
            (result.both, result.first_only, result.second_only, result.neither), (1, 5, 0, 1)
        )
        self.assertEqual(result.disagreements, 6)
        self.assertAlmostEqual(result.p_value, 2 / 2**5)
        self.assertEqual(result.count, 7)

    def test_the_order_does_not_change_the_probability(self):
        rng = np.random.default_rng(0)
        labels, first, second = rng.integers(4, size=(3, 200))
        one, other = compare(labels, first, second), compare(labels, second, first)
        self.assertAlmostEqual(one.p_value, other.p_value)
        self.assertEqual(one.first_only, other.second_only)

    def test_equal_answers_differ_by_chance_only(self):
        answers = np.array([0, 1, 2])
        self.assertEqual(compare(np.array([0, 0, 2]), answers, answers).p_value, 1)

    def test_it_refuses_samples_that_differ(self):
        with self.assertRaises(InvalidPredictionsError):
            compare(np.array([0, 1]), np.array([0, 1]), np.array([0]))
        with self.assertRaises(InvalidPredictionsError):
            compare(np.array([]), np.array([]), np.array([]))
