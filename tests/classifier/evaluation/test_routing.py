import numpy as np
from django.test import SimpleTestCase

from classifier.evaluation.routing import NEVER, fit_routing
from classifier.evaluation.variants import Candidate, choose


def answers(labels, right, confidence):
    """Return probabilities whose answer is the label where `right`, else the next class."""
    rows = np.full((len(labels), 4), (1 - confidence) / 3)
    rows[np.arange(len(labels)), np.where(right, labels, (labels + 1) % 4)] = confidence
    return rows


class RoutingTests(SimpleTestCase):
    def setUp(self):
        self.labels = np.arange(400) % 4
        self.all = np.ones(400, bool)
        self.some = np.arange(400) % 10 > 0  # nine of ten

    def test_better_and_quicker_rules_answer_alone(self):
        neural, rules = answers(self.labels, self.some, 0.9), answers(self.labels, self.all, 0.8)
        fitted = fit_routing(self.labels, neural, rules, neural_ms=10, rules_ms=1)
        self.assertEqual(fitted.routing["rules_confidence"], 0.8)
        self.assertEqual(fitted.report["parts"][0]["share"], 1)
        self.assertEqual(fitted.report["accuracy"]["hybrid"], 1)

    def test_worse_rules_never_do(self):
        neural, rules = answers(self.labels, self.all, 0.9), answers(self.labels, self.some, 0.8)
        fitted = fit_routing(self.labels, neural, rules, neural_ms=10, rules_ms=1)
        self.assertEqual(fitted.routing["rules_confidence"], NEVER)
        self.assertEqual(fitted.report["accuracy"]["hybrid"], 1)

    def test_equally_good_rules_that_take_longer_gain_nothing(self):
        same = answers(self.labels, self.some, 0.9)
        fitted = fit_routing(self.labels, same, same, neural_ms=3, rules_ms=10)
        self.assertEqual(fitted.routing["rules_confidence"], NEVER)

    def test_a_certain_answer_is_right_nineteen_times_of_twenty(self):
        neural = answers(self.labels, self.all, 0.9)
        neural[:100] = answers(self.labels[:100], np.zeros(100, bool), 0.5)
        fitted = fit_routing(self.labels, neural, neural, 3, 10)
        self.assertEqual(fitted.routing["certain_confidence"], 0.9)
        self.assertEqual(fitted.report["certain_share"], 0.75)

    def test_methods_that_err_apart_answer_together_where_that_is_righter(self):
        neural = answers(self.labels, self.all, 0.9)
        neural[:100] = answers(self.labels[:100], np.zeros(100, bool), 0.4)  # unsure and wrong
        rules = answers(self.labels, self.all, 0.6)
        fitted = fit_routing(self.labels, neural, rules, 3, 10)
        parts = {part["method"]: part for part in fitted.report["parts"]}
        self.assertLess(fitted.routing["neural_weight"], 1)
        self.assertEqual(fitted.routing["combined_below"], 0.6)
        self.assertEqual(parts["combined"]["share"], 0.25)
        self.assertGreater(parts["combined"]["accuracy"], parts["combined"]["neural_accuracy"])

    def test_a_sure_model_is_not_talked_out_of_its_answer(self):
        neural = answers(self.labels, self.some, 0.97)
        fitted = fit_routing(self.labels, neural, answers(self.labels, self.all, 0.6), 3, 10)
        parts = {part["method"]: part for part in fitted.report["parts"]}
        self.assertEqual(parts["combined"]["share"], 0)


class VariantChoiceTests(SimpleTestCase):
    def test_the_smallest_that_loses_half_a_point_at_most(self):
        original = Candidate("a", 16, 0.9, 2)
        half, worse = Candidate("b", 5, 0.895, 3), Candidate("c", 4, 0.8949, 1)
        self.assertEqual(choose(original, [half, worse]), half)
        self.assertEqual(choose(original, [worse]), original)
        self.assertEqual(choose(original, []), original)
        self.assertEqual(choose(original, [Candidate("d", 18, 0.95, 1)]), original)

    def test_of_two_alike_in_size_the_quicker(self):
        original = Candidate("a", 160, 0.9, 3)
        small, quick = Candidate("b", 37, 0.9, 3), Candidate("c", 38, 0.9, 2)
        self.assertEqual(choose(original, [small, quick]), quick)
        self.assertEqual(choose(original, [small, Candidate("d", 60, 0.9, 1)]), small)
