import unittest

import numpy as np

from classifier.evaluation.labelling import (
    CHOSEN,
    RANDOM,
    Play,
    Pool,
    curves,
    mean_interval,
    play,
    savings,
)


def make_pool(seed=0):
    """Four classes of which one is rare, as points around four centres."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(4, 12)) * 2

    def draw(counts):
        labels = np.repeat(np.arange(4), counts)
        return centres[labels] + rng.normal(size=(len(labels), 12)), labels

    return Pool.of(*draw((200, 150, 60, 12)), *draw((40, 40, 40, 40)))


class PlayTests(unittest.TestCase):
    def test_both_orders_start_from_the_same_labels(self):
        pool, rules = make_pool(), Play(first=20, batch=20, most=60)
        first = [play(pool, order, 3, rules, lambda n: None)[0] for order in (RANDOM, CHOSEN)]
        self.assertEqual(first[0], first[1])

    def test_it_asks_for_so_many_labels_and_tells(self):
        told = []
        curve = play(make_pool(), CHOSEN, 0, Play(20, 20, 60), told.append)
        self.assertEqual([count for count, _ in curve], [20, 40, 60])
        self.assertEqual(told, [20, 40, 60])

    def test_choosing_finds_the_rare_class_sooner(self):
        found = curves(make_pool(), 3, Play(20, 10, 80), lambda *state: None)
        self.assertEqual(found[CHOSEN].shape, (3, 7))
        self.assertGreater(found[CHOSEN].mean(0)[-1], found[RANDOM].mean(0)[-1])


class SavingTests(unittest.TestCase):
    def test_it_counts_the_labels_for_the_same_accuracy(self):
        found = {
            "labels": np.array([100, 200, 300, 400]),
            RANDOM: np.array([[0.5, 0.6, 0.7, 0.8], [0.5, 0.6, 0.7, 0.8]]),
            CHOSEN: np.array([[0.5, 0.8, 0.9, 0.9], [0.5, 0.8, 0.9, 0.9]]),
        }
        (row,) = savings(found, (400, 999))
        self.assertAlmostEqual(row.needed, 200)
        self.assertAlmostEqual(row.share, 0.5)
        self.assertAlmostEqual(row.low, 0.5)

    def test_what_is_never_reached_is_said(self):
        found = {
            "labels": np.array([100, 200]),
            RANDOM: np.array([[0.5, 0.9]]),
            CHOSEN: np.array([[0.5, 0.6]]),
        }
        (row,) = savings(found, (200,))
        self.assertIsNone(row.needed)
        self.assertIsNone(row.share)

    def test_an_interval_is_students(self):
        mean, margin = mean_interval(np.array([1.0, 2, 3, 4, 5]))
        self.assertAlmostEqual(mean, 3)
        self.assertAlmostEqual(margin, 2.776 * np.sqrt(2.5 / 5))
