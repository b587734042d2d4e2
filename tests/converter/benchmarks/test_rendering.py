import numpy as np
from django.test import SimpleTestCase

from converter.benchmarks.gradients import gradient_area
from converter.benchmarks.rendering import RenderingError, on_ground, render, shrunk, straight


def svg(body, attributes='viewBox="0 0 40 20"'):
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{body}</svg>'


class RenderTest(SimpleTestCase):
    def test_it_fills_the_size_with_or_without_a_view_box(self):
        body = '<path fill="#f00" d="M0 0H20V20H0z"/>'
        for attributes in ('viewBox="0 0 40 20"', 'width="40" height="20"'):
            with self.subTest(attributes=attributes):
                found = render(svg(body, attributes), (80, 40), 2)
                self.assertEqual(found.shape, (80, 160, 4))
                self.assertEqual(found[40, 40].tolist(), [255, 0, 0, 255])
                self.assertEqual(found[40, 120].tolist(), [0, 0, 0, 0])

    def test_a_ground_lies_behind_and_colours_are_multiplied_by_alpha(self):
        body = '<path fill="#fff" fill-opacity=".5" d="M0 0H40V20H0z"/>'
        clear = render(svg(body), (40, 20))
        self.assertTrue(np.abs(clear[5, 5].astype(int) - 128).max() <= 1)
        self.assertTrue((np.abs(straight(clear)[5, 5] - [255, 255, 255, 128.0]) <= 1).all())
        ground = render(svg(body), (40, 20), 1, (255, 0, 0))
        self.assertEqual(ground[5, 5, 3], 255)
        np.testing.assert_allclose(on_ground(clear, (255, 0, 0)), ground[..., :3], atol=2)

    def test_round_corners_are_quarter_circles(self):
        rect = render(svg('<rect x="2.5" y="3" width="30" height="14" rx="6"/>'), (40, 20), 8)
        arcs = "M8.5 3h18a6 6 0 0 1 6 6v2a6 6 0 0 1-6 6h-18a6 6 0 0 1-6-6V9a6 6 0 0 1 6-6z"
        path = render(svg(f'<path d="{arcs}"/>'), (40, 20), 8)
        self.assertLess(np.abs(rect.astype(int) - path).max(), 16)

    def test_shrinking_averages(self):
        picture = np.zeros((4, 4, 4), np.uint8)
        picture[:2, :1] = 200
        self.assertEqual(shrunk(picture, 2)[..., 0].tolist(), [[100, 0], [0, 0]])

    def test_what_is_no_svg_is_said_so(self):
        for text in ("", "<svg", "<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0'"):
            with self.subTest(text=text), self.assertRaises(RenderingError):
                render(text, (8, 8))


class GradientAreaTest(SimpleTestCase):
    def share(self, stops, paint="url(#g)"):
        body = (
            f'<linearGradient id="g">{stops}</linearGradient>'
            f'<path fill="#abc" d="M0 0H40V20H0z"/><path fill="{paint}" d="M0 0H20V20H0z"/>'
        )
        return float(gradient_area(svg(body), (40, 20)).mean())

    def test_it_is_where_a_gradient_shows(self):
        stops = '<stop stop-color="#123"/><stop offset="1" stop-color="#def"/>'
        styled = '<stop style="stop-color:#123"/><stop offset="1" style="stop-color:#def"/>'
        self.assertAlmostEqual(self.share(stops), 0.5, 2)
        self.assertAlmostEqual(self.share(styled), 0.5, 2)
        self.assertEqual(self.share(stops, paint="#123"), 0)

    def test_stops_of_one_colour_are_no_gradient(self):
        stops = '<stop stop-color="#123"/><stop offset="1" stop-color="#123"/>'
        self.assertEqual(self.share(stops), 0)
