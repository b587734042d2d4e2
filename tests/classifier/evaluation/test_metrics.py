import json
import time

import numpy as np
from django.test import SimpleTestCase
from sklearn import metrics as sklearn_metrics

from classifier.evaluation.metrics import compute_metrics
from classifier.evaluation.predictions import InvalidPredictionsError
from classifier.logo_types import CLASS_NAMES


def one_hot(answers, confidence=1.0):
    """Probabilities whose highest value is `confidence` at each answer."""
    rest = (1 - confidence) / 3
    probabilities = np.full((len(answers), 4), rest)
    probabilities[np.arange(len(answers)), answers] = confidence
    return probabilities


def random_predictions(count=400, seed=3):
    rng = np.random.default_rng(seed)
    labels = rng.integers(4, size=count)
    logits = rng.normal(size=(count, 4))
    logits[np.arange(count), labels] += 1.5
    probabilities = np.exp(logits)
    return labels, probabilities / probabilities.sum(axis=1, keepdims=True)


class MetricsTests(SimpleTestCase):
    def test_they_agree_with_scikit_learn(self):
        labels, probabilities = random_predictions()
        answers = probabilities.argmax(axis=1)
        metrics = compute_metrics(labels, probabilities)
        self.assertAlmostEqual(metrics["accuracy"], sklearn_metrics.accuracy_score(labels, answers))
        self.assertAlmostEqual(
            metrics["balanced_accuracy"],
            sklearn_metrics.balanced_accuracy_score(labels, answers),
        )
        self.assertAlmostEqual(metrics["log_loss"], sklearn_metrics.log_loss(labels, probabilities))
        for average in ("macro", "weighted"):
            for name in ("precision", "recall", "f1"):
                expected = getattr(sklearn_metrics, f"{name}_score")(
                    labels, answers, average=average
                )
                self.assertAlmostEqual(metrics[f"{name}_{average}"], expected)
        matrix = sklearn_metrics.confusion_matrix(labels, answers)
        self.assertEqual(metrics["confusion_matrix"], matrix.tolist())

    def test_the_hand_worked_case_holds(self):
        # simple: 2 of 3 right; text: 1 of 1; gradient: 0 of 1 (answered complex); complex: 1 of 1
        labels = np.array([0, 0, 0, 1, 2, 3])
        answers = np.array([0, 0, 1, 1, 3, 3])
        metrics = compute_metrics(labels, one_hot(answers))
        self.assertAlmostEqual(metrics["accuracy"], 4 / 6)
        self.assertAlmostEqual(metrics["balanced_accuracy"], (2 / 3 + 1 + 0 + 1) / 4)
        self.assertAlmostEqual(metrics["precision_macro"], (1 + 1 / 2 + 0 + 1 / 2) / 4)
        self.assertAlmostEqual(metrics["expected_calibration_error"], 2 / 6)
        self.assertEqual(
            metrics["confusion_matrix"],
            [[2, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1]],
        )
        self.assertAlmostEqual(metrics["per_class"]["simple"]["accuracy"], 2 / 3)
        self.assertAlmostEqual(metrics["per_class"]["text"]["precision"], 1 / 2)
        self.assertEqual(metrics["per_class"]["gradient"]["f1"], 0)

    def test_a_perfect_classifier_scores_one(self):
        labels = np.array([0, 1, 2, 3] * 5)
        metrics = compute_metrics(labels, one_hot(labels))
        for name in ("accuracy", "balanced_accuracy", "f1_macro", "precision_weighted"):
            self.assertEqual(metrics[name], 1)
        self.assertEqual(metrics["expected_calibration_error"], 0)
        self.assertAlmostEqual(metrics["log_loss"], 0, places=6)
        self.assertEqual(metrics["intervals"]["accuracy"], [1, 1])

    def test_a_constant_classifier_scores_the_share_of_its_class(self):
        labels = np.array([0, 0, 1, 2, 3])
        metrics = compute_metrics(labels, one_hot(np.zeros(5, int)))
        self.assertAlmostEqual(metrics["accuracy"], 0.4)
        self.assertAlmostEqual(metrics["balanced_accuracy"], 0.25)
        self.assertAlmostEqual(metrics["precision_macro"], 0.1)
        self.assertEqual(metrics["per_class"]["text"]["precision"], 0)

    def test_a_class_without_samples_has_no_figures_and_stays_out_of_the_means(self):
        labels = np.array([0, 0, 1, 1])
        metrics = compute_metrics(labels, one_hot(np.array([0, 0, 1, 3])))
        self.assertIsNone(metrics["per_class"]["gradient"]["accuracy"])
        self.assertIsNone(metrics["per_class"]["complex"]["precision"])
        self.assertIsNone(metrics["per_class"]["complex"]["interval"])
        self.assertEqual(metrics["per_class"]["gradient"]["support"], 0)
        self.assertAlmostEqual(metrics["recall_macro"], 0.75)
        self.assertEqual(len(metrics["confusion_matrix"]), 4)

    def test_one_sample_is_enough(self):
        metrics = compute_metrics(np.array([2]), one_hot(np.array([2]), 0.7))
        self.assertEqual(metrics["accuracy"], 1)
        self.assertAlmostEqual(metrics["expected_calibration_error"], 0.3)
        self.assertEqual(metrics["sample_count"], 1)

    def test_every_result_is_json_without_nan(self):
        metrics = compute_metrics(np.array([0, 1]), one_hot(np.array([0, 0])))
        json.dumps(metrics, allow_nan=False)
        self.assertEqual(list(metrics["per_class"]), list(CLASS_NAMES))


class IntervalTests(SimpleTestCase):
    def test_they_hold_the_figure_and_agree_with_a_plain_bootstrap(self):
        labels, probabilities = random_predictions()
        metrics = compute_metrics(labels, probabilities)
        for name, (low, high) in metrics["intervals"].items():
            with self.subTest(name):
                self.assertLess(low, high)
                # Resampling biases a sum of absolute gaps upwards, so it may lie just below.
                self.assertLessEqual(metrics[name], high)
                if name != "expected_calibration_error":
                    self.assertLessEqual(low, metrics[name])
        rng = np.random.default_rng(11)
        answers, plain = probabilities.argmax(axis=1), []
        for _ in range(600):
            rows = rng.integers(len(labels), size=len(labels))
            plain.append(sklearn_metrics.f1_score(labels[rows], answers[rows], average="macro"))
        for ours, expected in zip(
            metrics["intervals"]["f1_macro"], np.quantile(plain, (0.025, 0.975)), strict=True
        ):
            self.assertAlmostEqual(ours, expected, delta=0.012)

    def test_they_are_reproducible(self):
        labels, probabilities = random_predictions()
        first, second = (compute_metrics(labels, probabilities) for _ in range(2))
        self.assertEqual(first["intervals"], second["intervals"])
        other = compute_metrics(labels, probabilities, seed=1)
        self.assertNotEqual(first["intervals"], other["intervals"])

    def test_samples_of_one_brand_are_drawn_together(self):
        labels, probabilities = random_predictions(200)
        labels, probabilities = np.repeat(labels, 4), np.repeat(probabilities, 4, axis=0)

        def width(clusters):
            found = compute_metrics(labels, probabilities, clusters=clusters)
            low, high = found["intervals"]["accuracy"]
            return high - low

        self.assertAlmostEqual(width(np.repeat(np.arange(200), 4)) / width(None), 2, delta=0.4)

    def test_more_samples_narrow_them(self):
        def width(count):
            low, high = compute_metrics(*random_predictions(count))["intervals"]["accuracy"]
            return high - low

        self.assertLess(width(2000), width(100) / 2)

    def test_two_thousand_samples_take_little_time(self):
        labels, probabilities = random_predictions(2000)
        start = time.process_time()
        compute_metrics(labels, probabilities)
        self.assertLess(time.process_time() - start, 5)


class RefusalTests(SimpleTestCase):
    def refused(self, labels, probabilities, message):
        with self.assertRaisesRegex(InvalidPredictionsError, message):
            compute_metrics(np.asarray(labels), np.asarray(probabilities))

    def test_it_refuses_nan(self):
        self.refused([0, 1], [[1, 0, 0, 0], [np.nan, 0, 0, 1]], "1 of 2 answers are NaN")

    def test_it_refuses_no_samples(self):
        self.refused(np.zeros(0, int), np.zeros((0, 4)), "no samples")

    def test_it_refuses_shapes_that_do_not_fit(self):
        self.refused([0, 1], one_hot(np.array([0])), "Expected labels")
        self.refused([0], [[0.5, 0.5]], "Expected labels")

    def test_it_refuses_unknown_labels(self):
        self.refused([4], one_hot(np.array([0])), "0 to 3")
        self.refused([-1], one_hot(np.array([0])), "0 to 3")
        self.refused([0.5], one_hot(np.array([0])), "whole numbers")

    def test_it_refuses_rows_that_are_no_probabilities(self):
        self.refused([0], [[2.0, 0, 0, 0]], "sum to 1")
        self.refused([0], [[1.5, -0.5, 0, 0]], "sum to 1")
