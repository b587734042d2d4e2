from django.test import SimpleTestCase

from tests.converter.drawn import drawn, wrong

# Straight sides that run into arcs, between corners; no shape that is recognised.
SIDES = (
    '<path d="M57.5 60H70V40a18 18 0 0 1 36 0v48a18 18 0 0 1-36 0V70H57.5v18a18 18 0 0 1-36 0V40'
    'a18 18 0 0 1 36 0z"/>'
)


class SidesTest(SimpleTestCase):
    def test_straight_sides_stay_straight_where_they_run_into_arcs(self):
        self.assertLess(wrong(drawn(SIDES), SIDES), 10)
