from unittest import TestCase

from scipy.stats import binomtest

from classifier.evaluation.intervals import wilson


class WilsonTests(TestCase):
    def test_it_agrees_with_scipy(self):
        for right, count in ((0, 5), (5, 5), (2, 3), (90, 100), (1, 1000)):
            expected = binomtest(right, count).proportion_ci(method="wilson")
            low, high = wilson(right, count)
            self.assertAlmostEqual(low, expected.low, 9)
            self.assertAlmostEqual(high, expected.high, 9)

    def test_nothing_counted_has_none(self):
        self.assertIsNone(wilson(0, 0))

    def test_more_right_than_counted_is_refused(self):
        for right, count in ((2, 1), (-1, 1)):
            with self.assertRaisesRegex(ValueError, "no share"):
                wilson(right, count)
