from unittest import TestCase

from classifier.templatetags.percent import count, percent, probability


class FigureTests(TestCase):
    def test_a_share_that_is_not_quite_nothing_is_not_shown_as_nothing(self):
        self.assertEqual([percent(v) for v in (0, 0.0004, 0.001, 0.932)],
                         ["0.0%", "<0.1%", "0.1%", "93.2%"])  # fmt: skip

    def test_a_tiny_p_is_not_shown_as_nothing(self):
        self.assertEqual([probability(v) for v in (0.0001, 0.048)], ["<0.001", "0.048"])

    def test_thousands_have_commas(self):
        self.assertEqual([count(v) for v in (None, 999, 1210)], ["", "999", "1,210"])
