from django.test import SimpleTestCase

from tests.converter.drawn import commands, drawn, wrong

SERIFS = '<path d="M40.25 30.25h32.5v2.5h-11.25v54h11.25v2.75h-32.5v-2.75h11.25v-54h-11.25z"/>'
BAR = '<path d="M50 30.5h5.25v9h8.5v2.75h-8.5V80.5H50V42.25h-7.5V39.5H50z"/>'
ROUND_ENDS = (
    '<path fill="none" stroke="#000" stroke-width="{}" stroke-linecap="round" '
    'stroke-linejoin="round" d="M25 30.4L60 85l40.4-42"/>'
)


class ShortSidesTest(SimpleTestCase):
    def test_the_feet_of_serifs_and_the_bar_of_a_t_have_corners(self):
        for body in (SERIFS, BAR):
            with self.subTest(body):
                svg = drawn(body)
                self.assertEqual(set(commands(svg)), set("mhvz"))
                self.assertEqual(len(commands(svg)), 13)
                self.assertLess(wrong(svg, body), 0.5)

    def test_most_of_them_have_corners_in_a_jpeg(self):
        self.assertLess(wrong(drawn(SERIFS, jpeg=True), SERIFS), 3)

    def test_round_ends_of_thin_lines_stay_round(self):
        for width in (2, 3, 4):
            with self.subTest(width=width):
                body = ROUND_ENDS.format(width)
                self.assertLess(wrong(drawn(body), body), 7)
