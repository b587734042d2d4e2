from django.test import SimpleTestCase

from converter.shares import percent


class PercentTests(SimpleTestCase):
    def test_only_nothing_is_none_and_only_everything_is_all(self):
        told = [percent(share) for share in (0, 0.0001, 0.005, 0.006, 0.71, 0.994, 0.996, 1)]
        self.assertEqual(told, ["0%", "<1%", "<1%", "1%", "71%", "99%", ">99%", "100%"])
