from unittest import mock

from django.test import SimpleTestCase

from converter.conversion import Choice, ConversionError, convert_logo
from converter.images import Logo
from converter.tracing import TracingError, trace
from tests.converter.images import logo as draw


class RetryTest(SimpleTestCase):
    def convert(self, similarities=(0.99,), **options):
        image = draw()
        with mock.patch("converter.conversion.fidelity", side_effect=similarities):
            return convert_logo(b"", Logo(image, *image.size, lossy=False), Choice(**options))

    def test_a_good_match_is_kept(self):
        self.assertEqual(self.convert(logo_type="complex").preset, "complex")

    def test_a_poor_match_is_tried_again_and_the_result_says_so(self):
        result = self.convert((0.5, 0.9), logo_type="simple")
        self.assertEqual((result.preset, result.fidelity), ("general", 0.9))
        self.assertIn("The simple preset failed or matched poorly", result.reason)

    def test_the_better_of_two_poor_ones_is_kept(self):
        result = self.convert((0.6, 0.5), logo_type="gradient")
        self.assertEqual((result.preset, result.fidelity), ("gradient", 0.6))
        self.assertNotIn("poorly", result.reason)

    def test_what_would_draw_the_same_is_not_tried(self):
        # A second look at the fidelity would find no value.
        self.assertEqual(self.convert((0.5,), logo_type="text").fidelity, 0.5)

    def test_a_preset_that_a_person_chose_is_not_second_guessed(self):
        self.assertEqual(self.convert((0.5,), preset="simple").preset, "simple")

    def test_where_one_preset_fails_the_second_choice_draws(self):
        def fail_on_complex(logo, preset):
            if preset.name == "complex":
                raise TracingError("It took too long.")
            return trace(logo, preset)

        with mock.patch("converter.conversion.trace", side_effect=fail_on_complex):
            result = self.convert(logo_type="complex")
        self.assertEqual(result.preset, "gradient")
        self.assertIn("The complex preset failed", result.reason)

    def test_where_the_tracer_fails_the_plain_preset_is_the_last_resort(self):
        def fail_on_curves(logo, preset):
            if preset.name != "plain":
                raise TracingError("It took too long.")
            return trace(logo, preset)

        with mock.patch("converter.conversion.trace", side_effect=fail_on_curves):
            self.assertEqual(self.convert(logo_type="text").preset, "plain")
            with self.assertRaisesMessage(ConversionError, "It took too long."):
                self.convert(preset="text")
