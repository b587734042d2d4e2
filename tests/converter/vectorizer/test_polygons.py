import numpy as np
from django.test import SimpleTestCase

from converter.vectorizer.polygons import axes, contains, moments, signed_area


def rectangle(width, height, degrees):
    """Return a rectangle around (10, 20), turned clockwise as it is seen, as x and y."""
    corners = np.array([-1 - 1j, 1 - 1j, 1 + 1j, -1 + 1j])
    turned = (width / 2 * corners.real + height / 2 * 1j * corners.imag) * np.exp(
        1j * np.radians(degrees)
    )
    return turned.real + 10, turned.imag + 20


class PolygonTest(SimpleTestCase):
    def test_a_hole_has_a_negative_area(self):
        x, y = rectangle(6, 4, 30)
        self.assertAlmostEqual(signed_area(x, y), 24)
        self.assertAlmostEqual(signed_area(x[::-1].copy(), y[::-1].copy()), -24)

    def test_moments_are_those_of_a_rectangle(self):
        for width, height, degrees in ((6, 4, 0), (6, 4, 30), (40, 1, -75)):
            with self.subTest(width=width, height=height, degrees=degrees):
                centre, spread, area = moments(*rectangle(width, height, degrees))
                np.testing.assert_allclose(centre, [10, 20])
                self.assertAlmostEqual(area, width * height)
                least, greatest, angle = axes(spread)
                self.assertAlmostEqual(least, height**2 / 12)
                self.assertAlmostEqual(greatest, width**2 / 12)
                self.assertAlmostEqual(np.degrees(angle), degrees)

    def test_a_line_there_and_back_surrounds_nothing(self):
        x, y = np.array([1.0, 5.0]), np.array([2.0, 3.0])
        self.assertEqual(moments(x, y)[2], 0)

    def test_what_lies_in_a_polygon(self):
        x, y = rectangle(6, 4, 30)
        self.assertTrue(contains(x, y, 10.0, 20.0))
        self.assertTrue(contains(x, y, 12.0, 22.0))
        self.assertFalse(contains(x, y, 12.9, 18.0))
        self.assertFalse(contains(x, y, 7.1, 21.9))
