import math
from collections import Counter
from pathlib import Path

from django.test import SimpleTestCase

from classifier.training.dataset import LabelledImage
from classifier.training.search_space import PARAMETERS, Parameter
from classifier.training.tuning import (
    IMPORTANCE_TRIALS,
    PRUNING_TRIALS,
    TrialRecord,
    importances,
    should_prune,
    stratified_share,
    suggest,
)

SPACE = {
    "learning_rate": Parameter(1e-4, 1e-2, log=True),
    "head": Parameter(choices=("simple", "enhanced")),
}


def score(values):
    """Accuracy that only depends on the learning rate, best at 1e-3."""
    return 0.9 - 0.1 * abs(math.log10(values["learning_rate"]) + 3)


def study(count):
    records = []
    for seed in range(count):
        values = suggest(SPACE, records, seed)
        records.append(TrialRecord(values, "complete", score(values), [score(values)]))
    return records


class SuggestTests(SimpleTestCase):
    def test_it_stays_within_the_space(self):
        for seed in range(5):
            values = suggest(PARAMETERS, [], seed)
            self.assertEqual(values.keys(), PARAMETERS.keys())
            for name, parameter in PARAMETERS.items():
                if parameter.choices:
                    self.assertIn(values[name], parameter.choices)
                else:
                    self.assertTrue(parameter.low <= values[name] <= parameter.high)

    def test_a_seed_repeats_and_another_differs(self):
        self.assertEqual(suggest(SPACE, [], 1), suggest(SPACE, [], 1))
        self.assertNotEqual(suggest(SPACE, [], 1), suggest(SPACE, [], 2))

    def test_it_learns_from_the_trials(self):
        records = study(40)
        early, late = (
            sum(record.value for record in part) / len(part) for part in (records[:8], records[-8:])
        )
        self.assertGreater(late, early)

    def test_running_trials_are_taken_into_account(self):
        values = suggest(SPACE, [], 0)
        records = [*study(10), TrialRecord(values, "running")]
        self.assertEqual(suggest(SPACE, records, 3).keys(), SPACE.keys())


class PruneTests(SimpleTestCase):
    def setUp(self):
        values = suggest(SPACE, [], 0)
        self.values = values
        self.records = [
            TrialRecord(values, "complete", 0.8, [0.4, 0.6, 0.8]) for _ in range(PRUNING_TRIALS)
        ]

    def prune(self, curve, records=None, warm_up=1):
        trial = TrialRecord(self.values, "running", curve=curve)
        return should_prune(SPACE, self.records if records is None else records, trial, warm_up)

    def test_a_trial_below_the_median_ends_early(self):
        self.assertTrue(self.prune([0.3, 0.5]))

    def test_a_trial_above_the_median_goes_on(self):
        self.assertFalse(self.prune([0.3, 0.7]))

    def test_nothing_is_pruned_in_the_warm_up(self):
        self.assertFalse(self.prune([0.1]))

    def test_nothing_is_pruned_before_enough_trials_are_complete(self):
        self.assertFalse(self.prune([0.3, 0.5], self.records[1:]))


class ImportanceTests(SimpleTestCase):
    def test_what_decides_comes_first(self):
        found = importances(SPACE, study(20))
        self.assertEqual(next(iter(found)), "learning_rate")
        self.assertAlmostEqual(sum(found.values()), 1)

    def test_too_few_or_equal_trials_say_nothing(self):
        records = study(IMPORTANCE_TRIALS - 1)
        self.assertEqual(importances(SPACE, records), {})
        same = [TrialRecord(r.values, "complete", 0.5) for r in study(IMPORTANCE_TRIALS)]
        self.assertEqual(importances(SPACE, same), {})


class StratifiedShareTests(SimpleTestCase):
    def test_classes_keep_their_shares_and_none_is_lost(self):
        images = [LabelledImage(Path(f"{i}.png"), 0 if i < 40 else 1) for i in range(50)]
        images.append(LabelledImage(Path("rare.png"), 2))
        part = stratified_share(images, 0.2, seed=1)
        self.assertEqual(Counter(image.label for image in part), {0: 8, 1: 2, 2: 1})
        self.assertEqual(part, stratified_share(images, 0.2, seed=1))
        self.assertNotEqual(part, stratified_share(images, 0.2, seed=2))
        self.assertEqual(stratified_share(images, 1.0, seed=1), images)
