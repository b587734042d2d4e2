import numpy as np
from django.test import SimpleTestCase

from classifier.evaluation.gate import check_gate
from classifier.evaluation.metrics import compute_metrics


def metrics(right=95, count=100, classes=4):
    """Figures of `count` answers that are right `right` times, at a confidence that fits."""
    labels = np.arange(count) % classes
    answers = np.where(np.arange(count) < right, labels, (labels + 1) % 4)
    share = right / count
    probabilities = np.full((count, 4), (1 - share) / 3)
    probabilities[np.arange(count), answers] = share
    return compute_metrics(labels, probabilities)


class GateTests(SimpleTestCase):
    def outcome(self, *args):
        return {check.name: check.passed for check in check_gate(*args)}

    def test_a_good_version_passes(self):
        self.assertEqual(
            self.outcome(metrics(), 10**7, metrics(94)),
            {
                "Accuracy": True,
                "Each class": True,
                "Calibration error": True,
                "Size": True,
                "Against production": True,
            },
        )

    def test_each_bar_stops(self):
        self.assertFalse(self.outcome(metrics(80), 10**7)["Accuracy"])
        self.assertFalse(self.outcome(metrics(70), 10**7)["Each class"])
        self.assertFalse(self.outcome(metrics(), 31 * 10**6)["Size"])
        self.assertFalse(self.outcome(metrics(), 0)["Size"])  # the file is gone
        self.assertFalse(self.outcome(metrics(60), 10**7, metrics(95))["Against production"])
        figures = metrics() | {"expected_calibration_error": 0.06}
        self.assertFalse(self.outcome(figures, 10**7)["Calibration error"])

    def test_a_class_without_images_is_not_passed(self):
        self.assertFalse(self.outcome(metrics(100, classes=3), 10**7)["Each class"])

    def test_without_production_there_is_nothing_to_compare(self):
        self.assertIsNone(self.outcome(metrics(), 10**7)["Against production"])
