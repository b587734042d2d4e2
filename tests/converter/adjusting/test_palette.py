from django.test import SimpleTestCase

from converter.adjusting.palette import (
    PaletteError,
    colours_in,
    palette_of,
    read_colours,
    recolour,
    snapped,
)
from tests.converter.outputs.drawings import FLAT, RICH


class PaletteTests(SimpleTestCase):
    def test_it_counts_what_is_seen_of_each_colour(self):
        white, red = palette_of(FLAT)
        square, hole, disc, whole = 1024**2, 512**2, 3.14159 * 512**2, 4096 * 2048
        share = (square - hole + disc) / whole
        self.assertEqual((white.colour, red.colour), ("#ffffff", "#ee1111"))
        self.assertAlmostEqual(red.share, share, places=2)
        self.assertAlmostEqual(white.share, 1 - share, places=2)

    def test_a_gradient_counts_for_its_stops(self):
        colours = {swatch.colour for swatch in palette_of(RICH)}
        self.assertLessEqual({"#ff0000", "#00ff00", "#0000ff", "#ffff00", "#ff00ff"}, colours)

    def test_it_tells_flat_colours_from_those_of_gradients_only(self):
        flat = {swatch.colour for swatch in palette_of(RICH) if swatch.flat}
        self.assertEqual(flat, {"#222222", "#cc6600", "#0088cc", "#005500", "#663399"})
        self.assertEqual(len(palette_of(RICH)), len(colours_in(RICH)))

    def test_a_colour_is_replaced_wherever_it_is_and_however_it_is_written(self):
        changed = recolour(FLAT, {"#ee1111": "#00aa00", "#ffffff": "#123456"})
        self.assertEqual(colours_in(changed), ["#123456", "#00aa00"])
        self.assertIn('fill="#0a0"', changed)
        self.assertIn('stop-color="#123456"', recolour(RICH, {"#ff0000": "#123456"}))

    def test_two_colours_can_change_places(self):
        changed = recolour(FLAT, {"#ee1111": "#ffffff", "#ffffff": "#ee1111"})
        self.assertEqual(colours_in(changed), ["#ee1111", "#ffffff"])

    def test_colours_snap_to_those_that_look_most_like_them(self):
        changed = snapped(FLAT, ["#d01020", "#fafafa", "#0000ff"])
        self.assertEqual(colours_in(changed), ["#fafafa", "#d01020"])
        self.assertEqual(snapped(FLAT, []), FLAT)

    def test_a_pasted_list_is_read_with_anything_between(self):
        self.assertEqual(
            read_colours(" #F80,\n036; ff8800 | #abcdef "), ["#ff8800", "#003366", "#abcdef"]
        )

    def test_what_is_no_list_of_colours_is_refused(self):
        for text in ("", "red", "#12", "#ff8800 and more", "#000 " * 0, "url(#fff)"):
            with self.subTest(text), self.assertRaises(PaletteError):
                read_colours(text)
        with self.assertRaisesMessage(PaletteError, "at most 64"):
            read_colours(" ".join(f"{number:06x}" for number in range(65)))
