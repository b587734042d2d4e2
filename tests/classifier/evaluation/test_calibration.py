import numpy as np
from django.test import SimpleTestCase
from scipy.special import softmax
from sklearn.metrics import log_loss

from classifier.evaluation.calibration import (
    TEMPERATURE_RANGE,
    confidence_distribution,
    expected_calibration_error,
    fit_temperature,
    reliability,
    risk_coverage,
)
from classifier.evaluation.predictions import InvalidPredictionsError


def calibrated_logits(count=4000, seed=0):
    """Logits whose softmax is the true probability of each label."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=1.5, size=(count, 4))
    steps = softmax(logits, axis=1).cumsum(axis=1)
    labels = (rng.random((count, 1)) > steps).sum(axis=1).clip(0, 3)
    return logits, labels


class TemperatureTests(SimpleTestCase):
    def test_it_finds_the_factor_that_logits_were_scaled_by(self):
        logits, labels = calibrated_logits()
        for factor in (0.5, 1, 3):
            with self.subTest(factor):
                self.assertAlmostEqual(
                    fit_temperature(logits * factor, labels) / factor, 1, delta=0.06
                )

    def test_it_lowers_log_loss_and_calibration_error(self):
        logits, labels = calibrated_logits()
        sharp = logits * 3
        before, after = softmax(sharp, 1), softmax(sharp / fit_temperature(sharp, labels), 1)
        self.assertLess(log_loss(labels, after), log_loss(labels, before))
        self.assertLess(
            expected_calibration_error(labels, after),
            expected_calibration_error(labels, before) / 2,
        )

    def test_without_any_miss_it_stays_in_its_range(self):
        labels = np.array([0, 1, 2, 3])
        temperature = fit_temperature(np.eye(4) * 5, labels)
        self.assertGreaterEqual(temperature, TEMPERATURE_RANGE[0])
        self.assertLess(temperature, 0.25)

    def test_it_refuses_nan(self):
        with self.assertRaisesRegex(InvalidPredictionsError, "NaN"):
            fit_temperature(np.array([[np.nan, 0, 0, 0]]), np.array([0]))

    def test_it_refuses_an_empty_split(self):
        with self.assertRaisesRegex(InvalidPredictionsError, "no samples"):
            fit_temperature(np.zeros((0, 4)), np.zeros(0, int))


class ReliabilityTests(SimpleTestCase):
    def test_the_hand_worked_case_holds(self):
        # Two answers at 0.7 (one right), one at 1.0 (right); ten bins.
        probabilities = np.array([[0.7, 0.1, 0.1, 0.1], [0.7, 0.1, 0.1, 0.1], [0, 0, 0, 1.0]])
        labels = np.array([0, 1, 3])
        bins = reliability(labels, probabilities, bins=10)
        self.assertEqual([b["count"] for b in bins], [0, 0, 0, 0, 0, 0, 2, 0, 0, 1])
        self.assertAlmostEqual(bins[6]["confidence"], 0.7)
        self.assertAlmostEqual(bins[6]["accuracy"], 0.5)
        self.assertIsNone(bins[0]["accuracy"])
        self.assertAlmostEqual(
            expected_calibration_error(labels, probabilities, bins=10), 2 / 3 * 0.2
        )

    def test_true_probabilities_have_a_small_error(self):
        logits, labels = calibrated_logits()
        self.assertLess(expected_calibration_error(labels, softmax(logits, 1)), 0.03)

    def test_every_sample_is_in_one_bin(self):
        logits, labels = calibrated_logits(500)
        bins = reliability(labels, softmax(logits, 1))
        self.assertEqual(sum(b["count"] for b in bins), 500)
        self.assertEqual(len(bins), 15)


class RiskCoverageTests(SimpleTestCase):
    def test_the_hand_worked_case_holds(self):
        # Confidences 0.9 (right), 0.7 (wrong), 0.4 (right): accuracy 1, 1/2, 2/3.
        probabilities = np.array([[0.9, 0.1, 0, 0], [0.7, 0.1, 0.1, 0.1], [0.2, 0.2, 0.2, 0.4]])
        curve = risk_coverage(np.array([0, 1, 3]), probabilities)
        for point, expected in zip(curve, [1, 1 / 2, 2 / 3], strict=True):
            self.assertAlmostEqual(point["accuracy"], expected)
        self.assertAlmostEqual(curve[0]["coverage"], 1 / 3)
        self.assertAlmostEqual(curve[-1]["confidence"], 0.4)


class ConfidenceDistributionTests(SimpleTestCase):
    def test_right_and_wrong_answers_are_counted_by_confidence(self):
        probabilities = np.array([[0.95, 0.05, 0, 0], [0.55, 0.45, 0, 0], [0.6, 0.4, 0, 0]])
        found = confidence_distribution(np.array([0, 0, 1]), probabilities, bins=10)
        self.assertEqual(
            [(b["low"], b["right"], b["wrong"]) for b in found if b["right"] or b["wrong"]],
            [(0.5, 1, 1), (0.9, 1, 0)],
        )
