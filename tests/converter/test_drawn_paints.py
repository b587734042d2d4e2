import re

from django.test import SimpleTestCase

from tests.converter.drawn import drawn, wrong

STOPS = ((0, "#00eaff"), (0.28, "#0080ff"), (0.5, "#8000ff"), (0.75, "#e619e6"), (1, "#f00000"))
GRADIENT = (
    '<linearGradient id="a" gradientUnits="userSpaceOnUse" x1="110" y1="8" x2="20" y2="120">'
    + "".join(f'<stop offset="{offset}" stop-color="{colour}"/>' for offset, colour in STOPS)
    + "</linearGradient>"
)
# A disc in the middle parts the gradient; a narrow line shows it within.
CROSSED = (
    f'{GRADIENT}<path fill="url(#a)" d="M0 0h128v128H0z"/><circle cx="64" cy="64" r="40" '
    'fill="#fff"/><path fill="none" stroke="url(#a)" stroke-width="4" d="M20 64h88"/>'
)
# The fold lies between blue and black, of which it could be a mixture.
FOLDED = (
    '<path fill="#121419" d="M0 0h128v128H0z"/><path fill="#4d8bfa" d="M30 20h50l12 60H30z"/>'
    '<path fill="#4150b8" d="M70 80h22l-8 20z"/>'
)


class GradientsTest(SimpleTestCase):
    def test_one_with_many_stops_is_drawn_as_one_wherever_it_shows(self):
        svg = drawn(CROSSED, preset="gradient")
        self.assertEqual(svg.count("<linearGradient"), 1)
        self.assertEqual(set(re.findall(r'fill="([^"]*)"', svg)), {"url(#g0)", "#fff"})
        self.assertLess(wrong(svg, CROSSED), 10)


class MixturesTest(SimpleTestCase):
    def test_a_paint_between_two_others_is_one_of_its_own_in_a_jpeg(self):
        svg = drawn(FOLDED, jpeg=True, preset="complex")
        self.assertEqual(len(set(re.findall(r'fill="([^"]*)"', svg))), 3)
