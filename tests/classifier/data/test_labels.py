from django.test import SimpleTestCase

from classifier.data.labels import label_of
from classifier.data.measures import Measures, measure
from classifier.data.rendering import UnusableSvgError, render
from tests.classifier.data.logos import CIRCLE, GRADIENT, mosaic, svg


def measured(body: str, width: int = 100, height: int = 100) -> Measures:
    text = svg(body, width, height)
    return measure(text, render(text))


def flat(**changes) -> Measures:
    values = {
        "gradient_share": 0.0, "blur": False, "colours": 2, "regions": 3,
        "fill": 0.5, "aspect": 1.0, "tile": False,
    }  # fmt: skip
    return Measures(**values | changes)


class LabelOfDrawingTests(SimpleTestCase):
    def test_a_flat_circle_is_simple(self):
        measures = measured(CIRCLE)
        self.assertEqual((measures.colours, measures.regions), (1, 1))
        self.assertEqual(label_of(measures, 0.0, wordmark=False), "simple")

    def test_a_visible_gradient_is_gradient(self):
        measures = measured(GRADIENT)
        self.assertGreater(measures.gradient_share, 0.5)
        self.assertEqual(label_of(measures, 0.0, wordmark=False), "gradient")

    def test_a_gradient_between_equal_colours_is_none(self):
        measures = measured(GRADIENT.replace("#00f", "#f00"))
        self.assertEqual(measures.gradient_share, 0)
        self.assertEqual(label_of(measures, 0.0, wordmark=False), "simple")

    def test_a_gradient_that_refers_to_another_is_seen(self):
        body = GRADIENT.replace(
            "</defs>", '<linearGradient id="b" xlink:href="#a"/></defs>'
        ).replace("url(#a)", "url(#b)")
        self.assertGreater(measured(body).gradient_share, 0.5)

    def test_ink_whose_colour_is_open_is_no_gradient_beside_a_faint_one(self):
        faint = GRADIENT.replace("#00f", "#f11")
        for radius in range(20, 32):  # the drawing chooses the colour
            circle = f'<circle cx="50" cy="50" r="{radius}" fill="currentColor"/>'
            self.assertEqual(measured(faint + circle).gradient_share, 0)

    def test_many_colours_are_complex(self):
        measures = measured(mosaic(9))
        self.assertEqual((measures.colours, measures.regions), (9, 9))
        self.assertEqual(label_of(measures, 0.0, wordmark=False), "complex")

    def test_a_gradient_on_a_small_part_is_ambiguous(self):
        small = GRADIENT.replace('width="80" height="80"', 'width="25" height="25"')
        measures = measured(f'<rect width="100" height="100" fill="#9c2"/>{small}')
        self.assertEqual(label_of(measures, 0.0, wordmark=False), "ambiguous")


class LabelOfMeasuresTests(SimpleTestCase):
    def test_gradient_wins_over_text(self):
        self.assertEqual(label_of(flat(gradient_share=0.3), 0.9, wordmark=True), "gradient")

    def test_a_blur_without_gradient_is_ambiguous(self):
        self.assertEqual(label_of(flat(blur=True), 0.0, wordmark=False), "ambiguous")

    def test_lettering_over_half_is_text(self):
        self.assertEqual(label_of(flat(), 0.5, wordmark=False), "text")

    def test_letters_that_nobody_can_mean_are_not_text(self):
        self.assertEqual(label_of(flat(), 1.0, wordmark=False, plausible=False), "ambiguous")

    def test_a_wordmark_whose_symbol_dominates_is_ambiguous(self):
        self.assertEqual(label_of(flat(), 0.2, wordmark=True), "ambiguous")

    def test_a_small_name_under_a_symbol_is_not_simple(self):
        self.assertEqual(label_of(flat(), 0.15, wordmark=False), "ambiguous")

    def test_letters_do_not_make_a_lockup_complex(self):
        self.assertEqual(label_of(flat(regions=18), 0.15, wordmark=False), "ambiguous")
        self.assertEqual(label_of(flat(regions=18), 0.0, wordmark=False), "complex")

    def test_without_a_detector_only_wide_wordmarks_are_text(self):
        self.assertEqual(label_of(flat(aspect=3.0), None, wordmark=True), "text")
        self.assertEqual(label_of(flat(aspect=1.0), None, wordmark=True), "ambiguous")
        self.assertEqual(label_of(flat(aspect=3.0), None, wordmark=False), "ambiguous")
        self.assertEqual(label_of(flat(aspect=1.0), None, wordmark=False), "simple")

    def test_between_simple_and_complex_is_ambiguous(self):
        self.assertEqual(label_of(flat(regions=12), 0.0, wordmark=False), "ambiguous")


class RenderTests(SimpleTestCase):
    def test_the_longer_side_is_256(self):
        self.assertEqual(render(svg(CIRCLE, 100, 50)).shape, (128, 256, 4))

    def test_it_refuses_what_is_no_vector_logo(self):
        refused = {
            "broken SVG": "<svg",
            "embedded raster image": svg('<image href="data:image/png;base64,AA"/>'),
            "empty drawing": svg(""),
            "no size": '<svg xmlns="http://www.w3.org/2000/svg"/>',
        }
        for reason, text in refused.items():
            with self.subTest(reason), self.assertRaisesMessage(UnusableSvgError, reason):
                render(text)

    def test_it_refuses_entity_bombs(self):
        bomb = '<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + svg("<text>&b;</text>")
        with self.assertRaises(UnusableSvgError):
            render(bomb)
