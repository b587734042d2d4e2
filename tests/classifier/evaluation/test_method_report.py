import numpy as np
from django.test import SimpleTestCase

from classifier.evaluation.method_report import compare_methods
from classifier.evaluation.predictions import InvalidPredictionsError

SIMPLE, TEXT, GRADIENT = 0, 1, 2


def report():
    """30 simple logos that both know, 30 gradients of which the rules know 10, and 20 others."""
    labels = np.repeat([SIMPLE, GRADIENT, TEXT], [30, 30, 20])
    neural = labels.copy()
    neural[60:70] = SIMPLE  # half of the text
    rules = labels.copy()
    rules[40:60] = SIMPLE
    measures = [{"colours": 1}] * 30 + [{"colours": 9, "gradient_share": 0.5}] * 30 + [{}] * 20
    return compare_methods(("neural", "rules"), labels, neural, rules, measures)


class MethodReportTests(SimpleTestCase):
    def test_the_whole_is_counted_by_who_is_right(self):
        result = report().whole.result
        self.assertEqual(
            (result.both, result.first_only, result.second_only, result.neither), (50, 20, 10, 0)
        )

    def test_classes_and_measures_have_their_own_figures(self):
        found = {(g.kind, g.name): g for g in (*report().classes, *report().measures)}
        self.assertEqual(found["class", "gradient"].first_accuracy, 1)
        self.assertAlmostEqual(found["class", "gradient"].second_accuracy, 1 / 3)
        self.assertEqual(found["colours", "1"].result.count, 30)
        self.assertEqual(found["colours", "7 and more"].result.first_only, 20)
        self.assertEqual(found["gradient_share", "30% to 60%"].result.count, 30)
        self.assertNotIn(("class", "complex"), found)

    def test_sentences_follow_from_the_figures(self):
        overall, first, second, hardest = report().sentences
        self.assertIn("Of 80 images neural gets 87.5% right and rules 75.0%", overall)
        self.assertIn("Better with neural: class gradient (by 66.7%)", first)
        self.assertEqual(second, "Better with rules: class text (by 50.0%).")
        self.assertTrue(hardest.startswith("Hardest for both"))

    def test_nothing_is_said_of_a_handful_of_images(self):
        labels = np.array([SIMPLE, TEXT])
        found = compare_methods(("a", "b"), labels, labels, labels[::-1], [{}, {}])
        self.assertEqual(len(found.sentences), 3)
        self.assertIn("nothing by 2 points", found.sentences[1])

    def test_markdown_holds_every_group(self):
        text = report().to_markdown()
        self.assertIn("| class gradient | 30 | 100.0% | 33.3% | 10 | 20 | 0 | 0 |", text)
        self.assertIn("# Neural against rules", text)

    def test_no_images_are_refused(self):
        with self.assertRaises(InvalidPredictionsError):
            compare_methods(("a", "b"), np.array([]), np.array([]), np.array([]), [])
