import math

from django.test import SimpleTestCase

from classifier.evaluation.drift import histogram, stability_index


class StabilityIndexTestCase(SimpleTestCase):
    def test_equal_shares_have_none(self):
        self.assertEqual(stability_index([10, 30, 60], [1, 3, 6]), 0)

    def test_a_case_worked_by_hand(self):
        # 50/50 -> 80/20: 0.3 * ln(1.6) + -0.3 * ln(0.4) = 0.3 * ln(4)
        self.assertAlmostEqual(stability_index([50, 50], [80, 20]), 0.3 * math.log(4))
        # 60/30/10 -> 50/30/20: -0.1 * ln(5/6) + 0 + 0.1 * ln(2)
        expected = -0.1 * math.log(5 / 6) + 0.1 * math.log(2)
        self.assertAlmostEqual(stability_index([60, 30, 10], [5, 3, 2]), expected)

    def test_it_is_symmetric(self):
        self.assertAlmostEqual(
            stability_index([5, 20, 75], [30, 30, 40]), stability_index([30, 30, 40], [5, 20, 75])
        )

    def test_an_empty_bin_counts_as_half_an_observation(self):
        # 100/0 -> 90/10, with 0.5 % in place of nothing
        expected = -0.1 * math.log(0.9) + 0.095 * math.log(0.1 / 0.005)
        self.assertAlmostEqual(stability_index([100, 0], [90, 10]), expected)

    def test_bins_that_both_leave_empty_change_nothing(self):
        self.assertEqual(
            stability_index([50, 0, 50], [800, 0, 200]), stability_index([50, 50], [800, 200])
        )

    def test_what_cannot_be_compared_is_refused(self):
        for pair in (([1, 2], [1]), ([0, 0], [1, 2]), ([1, 2], [0, 0]), ([-1, 3], [1, 1])):
            with self.subTest(pair), self.assertRaises(ValueError):
                stability_index(*pair)


class HistogramTestCase(SimpleTestCase):
    def test_a_bin_holds_its_upper_end(self):
        self.assertEqual(histogram([0.1, 0.5, 0.51, 1.0], [0.5, 1.0]), [2, 2])

    def test_nothing_gets_lost(self):
        self.assertEqual(histogram([0.0, 1.0000001], [0.5, 1.0]), [1, 1])
        self.assertEqual(histogram([], [0.5, 1.0]), [0, 0])
