import unittest

import numpy as np

from classifier.evaluation.acquisition import choose, disagreement, embedding, uncertainty


def unit(*rows):
    points = np.array(rows, float)
    return points / np.linalg.norm(points, axis=1, keepdims=True)


class ScoreTests(unittest.TestCase):
    def test_two_equal_classes_are_the_most_uncertain(self):
        found = uncertainty(np.array([[0.5, 0.5, 0, 0], [0.7, 0.2, 0.1, 0], [1, 0, 0, 0]]))
        np.testing.assert_allclose(found, [1, 0.5, 0])

    def test_members_who_agree_dispute_nothing(self):
        same = np.array([[0.7, 0.1, 0.1, 0.1]])
        np.testing.assert_allclose(disagreement(np.stack([same, same])), [0], atol=1e-9)

    def test_members_who_are_sure_of_different_classes_dispute_all(self):
        opinions = np.array([[[1, 0, 0, 0]], [[0, 1, 0, 0]]], float)
        np.testing.assert_allclose(disagreement(opinions), [1])

    def test_who_says_nothing_is_not_counted(self):
        opinions = np.array([[[1, 0, 0, 0]], [[0, 1, 0, 0]], [[np.nan] * 4]], float)
        np.testing.assert_allclose(disagreement(opinions), [1])
        alone = np.array([[[0.4, 0.6, 0, 0]], [[np.nan] * 4]], float)
        np.testing.assert_allclose(disagreement(alone), [0], atol=1e-9)


class ChoiceTests(unittest.TestCase):
    def test_the_highest_score_comes_first(self):
        points = unit([1, 0], [0, 1], [-1, 0])
        self.assertEqual(choose(np.array([0.2, 0.9, 0.3]), points, 1), [1])

    def test_a_twin_of_a_chosen_one_is_left_out(self):
        points = unit([1, 0], [1, 0], [0, 1])
        self.assertEqual(choose(np.array([1.0, 0.99, 0.1]), points, 3), [0, 2])

    def test_what_resembles_labelled_ones_waits(self):
        points = unit([1, 0.05], [0, 1])
        found = choose(np.array([1.0, 0.5]), points, 1, seen=unit([1, 0]))
        self.assertEqual(found, [1])

    def test_no_more_than_there_are(self):
        self.assertEqual(len(choose(np.ones(2), unit([1, 0], [0, 1]), 50)), 2)

    def test_an_embedding_does_not_depend_on_the_columns_scales(self):
        features = np.random.default_rng(0).normal(size=(20, 6))
        scaled = features * np.array([1, 10, 100, 0.1, 1, 1])
        cosines = embedding(features, 3) @ embedding(features, 3).T
        np.testing.assert_allclose(
            embedding(scaled, 3) @ embedding(scaled, 3).T, cosines, atol=1e-4
        )
