import tempfile
import unittest

from PIL import Image

from classifier.inference.engine import Engine
from classifier.inference.router import Method, answer
from tests.support.versions import make_graph, make_version_folder


def red():
    return Image.new("RGBA", (64, 64), "red")


class RouterTestCase(unittest.TestCase):
    def engine(self, graph=None, **routing):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Engine.load(make_version_folder(folder.name, graph=graph, routing=routing))

    def test_hybrid_takes_the_model(self):
        found = answer(red, self.engine())
        self.assertEqual((found.method, found.model_version), ("neural", "tiny"))
        self.assertEqual((found.logo_type, found.certain, found.reason), ("simple", True, ""))

    def test_hybrid_takes_the_rules_where_they_are_sure_enough(self):
        self.assertEqual(answer(red, self.engine(rules_confidence=0.0)).method, "rules")
        self.assertEqual(answer(red, self.engine(rules_confidence=1.0)).method, "neural")

    def test_the_rules_answer_when_asked_for(self):
        found = answer(red, self.engine(), Method.RULES)
        self.assertEqual((found.method, found.model_version), ("rules", ""))
        self.assertTrue(found.reason)

    def test_the_rules_answer_without_a_model(self):
        self.assertEqual(answer(red, None).method, "rules")

    def test_the_rules_answer_when_time_is_short(self):
        engine = self.engine(neural_milliseconds=20.0)
        self.assertEqual(answer(red, engine, budget_ms=19).method, "rules")
        self.assertEqual(answer(red, engine, budget_ms=21).method, "neural")

    def test_an_answer_below_the_threshold_is_not_certain(self):
        self.assertFalse(answer(red, self.engine(certain_confidence=1.01)).certain)

    def test_what_does_not_look_like_a_logo_is_told_and_not_certain(self):
        black = Image.new("RGBA", (64, 64), "black")
        knowing = self.engine(graph=make_graph(strangers=True))
        for method in (Method.HYBRID, Method.NEURAL):
            found = answer(lambda: black, knowing, method)
            self.assertEqual((found.familiar, found.certain), (False, False))
            self.assertIs(answer(red, knowing, method).familiar, True)

    def test_what_cannot_tell_says_nothing_about_familiarity(self):
        self.assertIsNone(answer(red, self.engine()).familiar)
        knowing = self.engine(graph=make_graph(strangers=True))
        self.assertIsNone(answer(red, knowing, Method.RULES).familiar)

    def test_an_answer_that_time_forced_says_so(self):
        found = answer(red, self.engine(neural_milliseconds=20.0), budget_ms=5)
        self.assertIn("5 ms are too little for the model (about 20 ms)", found.reason)

    def test_the_estimate_follows_what_the_model_takes(self):
        engine = self.engine(neural_milliseconds=1000.0)
        for _ in range(60):
            answer(red, engine)
        self.assertLess(engine.milliseconds, 500)
        self.assertEqual(answer(red, engine, budget_ms=900).method, "neural")

    def test_both_answer_together_where_they_disagree_and_the_model_is_unsure(self):
        black = Image.new("RGBA", (64, 64), "black")  # complex to the model, simple to the rules
        both = {"combined_below": 1.01, "neural_weight": 0.1}
        found = answer(lambda: black, self.engine(**both))
        self.assertEqual((found.method, found.model_version), ("hybrid", "tiny"))
        self.assertEqual(found.logo_type, answer(lambda: black, None).logo_type)
        self.assertTrue(found.reason)
        sure = answer(lambda: black, self.engine(combined_below=0.1, neural_weight=0.1))
        self.assertEqual((sure.method, sure.logo_type), ("neural", "complex"))
