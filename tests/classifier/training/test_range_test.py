import math
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import SimpleTestCase

from classifier.training.errors import TrainingStoppedError
from classifier.training.range_test import find_learning_rate, read_curve
from classifier.training.reporting import SilentObserver
from tests.classifier.training.test_run import TINY
from tests.support.training_images import make_data

RATES = [10 ** (-6 + step * 6 / 59) for step in range(60)]


class ReadCurveTests(SimpleTestCase):
    def test_it_suggests_a_tenth_of_the_rate_with_the_lowest_loss(self):
        losses = [1.4 if rate < 1e-4 else 1.4 - 0.3 * math.log10(rate / 1e-4) for rate in RATES]
        lowest = 45
        losses[lowest:] = [losses[lowest] + 0.4 * step for step in range(60 - lowest)]
        found = read_curve(RATES, losses)
        self.assertGreater(found.suggested, RATES[lowest] / 20)
        self.assertLess(found.suggested, RATES[lowest + 5] / 10)

    def test_a_loss_that_never_falls_gives_no_suggestion(self):
        self.assertIsNone(read_curve(RATES, [1.4] * 60).suggested)

    def test_it_tells_the_rate_at_which_the_loss_blew_up(self):
        losses = [1.4 - 0.01 * step for step in range(40)] + [50.0]
        self.assertEqual(read_curve(RATES[:41], losses).diverged, RATES[40])
        self.assertIsNone(read_curve(RATES[:40], losses[:40]).diverged)

    def test_a_loss_that_is_not_finite_is_the_end_but_no_point(self):
        losses = [1.4 - 0.01 * step for step in range(40)] + [math.inf]
        found = read_curve(RATES[:41], losses)
        self.assertEqual(found.diverged, RATES[40])
        self.assertEqual(len(found.curve), 40)


class Stopper(SilentObserver):
    def __init__(self, after=math.inf):
        self.after, self.shares = after, []

    def on_progress(self, stage, progress, seconds_left):
        self.shares.append(progress)

    def should_stop(self):
        return len(self.shares) >= self.after


class FindLearningRateTests(SimpleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.data = make_data(cls.folder)

    def test_it_measures_losses_at_rising_rates(self):
        for config in (TINY, replace(TINY, top_epochs=0, full_epochs=0)):
            observer = Stopper()
            found = find_learning_rate(config, self.data, self.folder, observer, 24)
            rates = [rate for rate, _ in found.curve]
            self.assertEqual(rates, sorted(rates))
            self.assertEqual(observer.shares[:2], [1 / 24, 2 / 24])
            self.assertTrue(len(found.curve) == 24 or found.diverged)

    def test_it_stops_when_asked_to(self):
        with self.assertRaises(TrainingStoppedError):
            find_learning_rate(TINY, self.data, self.folder, Stopper(3), 24)
