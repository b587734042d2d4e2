from dataclasses import replace
from unittest import mock

from django.test import SimpleTestCase

from converter.adjusting.drawing import adjusted_drawing, recoloured
from converter.adjusting.options import (
    AS_PRESET,
    OPTIONS,
    AdjustmentError,
    Adjustments,
    adjusted,
    check_adjustable,
    starting_values,
)
from converter.adjusting.palette import colours_in, recolour
from converter.presets import PLAIN, PRESETS
from converter.svg import Drawing
from converter.vectorizer.settings import RANGES, DrawingSettings
from tests.converter.outputs.drawings import FLAT

SETTINGS = DrawingSettings()


class OptionTests(SimpleTestCase):
    def test_nothing_given_changes_nothing(self):
        self.assertEqual(adjusted(SETTINGS, AS_PRESET), SETTINGS)
        self.assertEqual(AS_PRESET.stored(), {})

    def test_every_option_reaches_the_tracer(self):
        for option in OPTIONS.values():
            start = starting_values("complex", lossy=False)[option.name]
            value = not start if option.kind is bool else option.high
            with self.subTest(option.name):
                changed = adjusted(SETTINGS, Adjustments.of({option.name: value}))
                if option.name in ("gradients", "shapes"):
                    changed = adjusted(
                        replace(SETTINGS, **{option.name: True}),
                        Adjustments.of({option.name: False}),
                    )
                self.assertNotEqual(changed, SETTINGS)

    def test_every_value_in_range_is_one_that_the_tracer_takes(self):
        for name, preset in PRESETS.items():
            if name == PLAIN:
                continue
            for lossy in (False, True):
                for option in OPTIONS.values():
                    for value in (option.low, option.high):
                        if value is not None:
                            given = Adjustments.of({option.name: option.kind(value)})
                            adjusted(preset.settings_for(lossy), given)  # raises nothing

    def test_presets_start_within_the_controls(self):
        for name in PRESETS:
            for lossy in (False, True):
                for option, value in starting_values(name, lossy).items():
                    low, high = OPTIONS[option].low, OPTIONS[option].high
                    self.assertTrue(low is None or low <= value <= high, (name, option))

    def test_detail_asks_for_more_nodes_and_nearer_curves(self):
        fine = adjusted(SETTINGS, Adjustments(detail=100))
        coarse = adjusted(SETTINGS, Adjustments(detail=0))
        self.assertLess(fine.simplicity, SETTINGS.simplicity)
        self.assertLess(SETTINGS.tolerance, coarse.tolerance)
        self.assertEqual(adjusted(SETTINGS, Adjustments(detail=50)), SETTINGS)
        self.assertIn("simplicity", RANGES)

    def test_values_out_of_range_name_option_and_range(self):
        for values, words in (
            ({"colours": 1}, "colours is 1; it must be from 2 to 64"),
            ({"smoothing": 9.0}, "smoothing is 9; it must be from 0.3 to 3"),
            ({"ground": "nonsense"}, "give keep, transparent"),
            ({"palette": "red"}, "'red' is no colour"),
            ({"colours": 10**400}, "colours is 1000000"),
            ({"smoothing": float("nan")}, "smoothing is nan"),
            ({"recolour": "#fff"}, "'#fff' is no change"),
        ):
            with self.subTest(values), self.assertRaisesMessage(AdjustmentError, words) as caught:
                Adjustments.of(values)
            self.assertEqual([caught.exception.option], list(values))

    def test_values_that_a_preset_starts_from_are_no_changes(self):
        start = starting_values("text", lossy=False)
        same = Adjustments.of(start | {"ground": "transparent"})
        self.assertEqual(same.beyond(start).stored(), {"ground": "transparent"})

    def test_vtracer_cannot_be_adjusted(self):
        self.assertEqual(starting_values(PLAIN, lossy=False), {})
        words = "The preset plain has no shapes"
        with self.assertRaisesMessage(AdjustmentError, words) as caught:
            check_adjustable(PLAIN, Adjustments(shapes=False))
        self.assertEqual(caught.exception.option, "shapes")
        check_adjustable(PLAIN, Adjustments(ground="transparent", palette="#fff"))
        check_adjustable("simple", Adjustments(shapes=False))
        check_adjustable("", Adjustments(shapes=False))


class ColourTests(SimpleTestCase):
    def test_a_drawing_takes_the_palette_first_and_single_changes_then(self):
        given = Adjustments(palette="#d00 #fafafa", recolour="#dd0000:#00f")
        drawing = adjusted_drawing(Drawing(FLAT, 4, 2), given)
        self.assertEqual(colours_in(drawing.svg), ["#fafafa", "#0000ff"])

    def test_more_changes_of_colours_need_no_new_trace(self):
        first = Adjustments(recolour="#ee1111:#0000ff")
        second = Adjustments(recolour="#ee1111:#0000ff,#0000ff:#00ff00")
        svg = recoloured(FLAT, AS_PRESET, first)
        self.assertIn("#0000ff", colours_in(svg))
        self.assertIn("#00ff00", colours_in(recoloured(svg, first, second)))

    def test_a_longer_way_to_write_a_colour_is_no_further_change(self):
        first, second = Adjustments(recolour="#e11:#00f"), Adjustments(recolour="#e11:#00ff00")
        self.assertIsNone(recoloured(FLAT, first, second))
        same = Adjustments(recolour="#ee1111:#0000ff")
        self.assertEqual(recoloured(FLAT, first, same), FLAT)

    def test_many_changes_go_over_a_drawing_once(self):
        chain = ",".join(f"#{n:06x}:#{n + 1:06x}" for n in range(0xEE1111, 0xEE1111 + 200))
        with mock.patch("converter.adjusting.palette.recolour", wraps=recolour) as once:
            svg = recoloured(FLAT, AS_PRESET, Adjustments(recolour=chain))
        self.assertEqual(once.call_count, 1)
        self.assertIn("#ee11d9", colours_in(svg))

    def test_what_is_taken_back_or_traced_otherwise_does(self):
        first = Adjustments(recolour="#ee1111:#0000ff")
        self.assertIsNone(recoloured(FLAT, first, AS_PRESET))
        self.assertIsNone(recoloured(FLAT, first, Adjustments(palette="#000")))
        self.assertIsNone(recoloured(FLAT, AS_PRESET, Adjustments(colours=3)))
