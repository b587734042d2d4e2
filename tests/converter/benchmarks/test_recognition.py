import numpy as np
from django.test import SimpleTestCase

from converter.benchmarks.outlines import find_outline
from converter.benchmarks.recognition import (
    CIRCLE,
    ELLIPSE,
    RECTANGLE,
    Seen,
    compare_shapes,
    drawn_shapes,
    shapes_in_paths,
    true_shapes,
    visible_shapes,
)
from converter.benchmarks.rendering import render

SIZE = (96, 96)
CIRCLE_PATH = "M48 20a28 28 0 1 1 0 56a28 28 0 1 1 0-56z"


def svg(body):
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">{body}</svg>'


def outline(drawing):
    return find_outline(render(drawing, SIZE, 12, (255, 255, 255)), 12)


def recognition(drawn, true):
    drawn, true = svg(drawn), svg(true)
    source = Seen(outline(true), true_shapes(true, SIZE))
    drawing = Seen(outline(drawn), drawn_shapes(drawn, SIZE), shapes_in_paths(drawn, SIZE))
    return compare_shapes(drawing, source, visible_shapes(source.shapes, source.outline))


def compare(drawn, true):
    found = recognition(drawn, true)
    return found.true, found.found, found.drawn, found.right


class TrueShapesTest(SimpleTestCase):
    def kinds(self, body):
        return [shape.kind for shape in true_shapes(svg(body), SIZE)]

    def test_geometry_counts_not_how_it_is_written(self):
        kappa = 0.5522847
        curves = (
            f"M10 0C10 {10 * kappa} {10 * kappa} 10 0 10S-10 {10 * kappa} -10 0S{-10 * kappa} -10 "
            f"0 -10S10 {-10 * kappa} 10 0z"
        )
        for body, kind in {
            '<circle cx="20" cy="20" r="9"/>': CIRCLE,
            '<path d="M20 10a9 9 0 1 1 0 18a9 9 0 0 1 0-18z"/>': CIRCLE,
            f'<path transform="translate(20 20)" d="{curves}"/>': CIRCLE,
            f'<path transform="translate(20 20)scale(1.5 1)" d="{curves}"/>': ELLIPSE,
            '<ellipse cx="20" cy="20" rx="9" ry="5" transform="rotate(30 20 20)"/>': ELLIPSE,
            '<path d="M8 8h20v12H8z"/>': RECTANGLE,
            '<polygon points="20,5 30,15 20,25 10,15"/>': RECTANGLE,
            '<rect x="8" y="8" width="20" height="12" rx="3"/>': RECTANGLE,
            '<path d="M11 8h14a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3H11a3 3 0 0 1-3-3v-6a3 3 0 0 1 3-3z"/>':
                RECTANGLE,
        }.items():  # fmt: skip
            with self.subTest(body=body):
                self.assertEqual(self.kinds(body), [kind])

    def test_what_only_looks_like_one_is_none(self):
        for body in (
            '<path d="M20 10a9 9 0 0 1 0 18z"/>',
            '<path d="M8 8h20l1 12H8z"/>',
            '<path d="M20 5L35 30H5z"/>',
            '<path d="M20 8C34 8 34 8 34 20S34 34 20 34S6 34 6 20S6 8 20 8z"/>',
            '<path fill="none" stroke="#000" d="M8 8h20v12"/>',
            '<circle cx="5" cy="5" r=".8"/>',
            '<path d="M0 0H48V48H0z"/>',
        ):
            with self.subTest(body=body):
                self.assertEqual(self.kinds(body), [])

    def test_a_stroke_has_two_outlines(self):
        ring = '<circle cx="20" cy="20" r="9" fill="none" stroke="#000" stroke-width="2"/>'
        found = true_shapes(svg(ring), SIZE)
        np.testing.assert_allclose(sorted(shape.half[0] for shape in found), [16, 20], atol=0.01)


class GroundTest(SimpleTestCase):
    def test_the_ground_behind_everything_is_no_shape_whatever_its_aspect(self):
        for width, height in ((256, 41), (41, 256), (251, 256)):
            ground = f'<rect width="{width}" height="{height}"/><circle cx="20" cy="20" r="9"/>'
            with self.subTest(width=width):
                found = drawn_shapes(
                    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
                    f"{ground}</svg>", (width, height),
                )  # fmt: skip
                self.assertEqual([shape.kind for shape in found], [CIRCLE])


class ComparingTest(SimpleTestCase):
    def test_recall_and_precision(self):
        circle = '<circle cx="24" cy="24" r="14"/>'
        path = '<path d="M24 10a14 14 0 1 1 0 28a14 14 0 1 1 0-28z"/>'
        self.assertEqual(compare(circle, path), (1, 1, 1, 1))
        self.assertEqual(compare(path, circle), (1, 0, 0, 0))
        self.assertEqual(compare('<circle cx="24" cy="24" r="13"/>', circle), (1, 0, 1, 0))
        self.assertEqual(
            compare('<ellipse cx="24" cy="24" rx="14" ry="13"/>', circle)[1:], (0, 1, 0)
        )

    def test_a_ring_may_be_a_stroke_or_two_circles(self):
        true = '<circle cx="24" cy="24" r="12" fill="none" stroke="#000" stroke-width="4"/>'
        two = '<circle cx="24" cy="24" r="14"/><circle cx="24" cy="24" r="10" fill="#fff"/>'
        self.assertEqual(compare(two, true), (2, 2, 2, 2))
        self.assertEqual(compare(true, two), (2, 2, 2, 2))

    def test_hidden_shapes_need_not_be_found_and_may_be_drawn(self):
        half = '<circle cx="24" cy="24" r="14"/><path fill="#fff" d="M0 24H48V48H0z"/>'
        self.assertEqual(compare("", half), (0, 0, 0, 0))
        self.assertEqual(compare('<circle cx="24" cy="24" r="14"/>', half)[2:], (1, 1))

    def test_what_is_painted_over_makes_no_shape_wrong(self):
        true = '<path d="M8 20H40V28H8z"/><path d="M20 8H40V40H20z"/>'
        drawn = (
            '<rect x="8" y="20" width="24" height="8"/><rect x="20" y="8" width="20" height="32"/>'
        )
        self.assertEqual(compare(drawn, true)[2:], (2, 2))
        longer = drawn.replace('x="8"', 'x="4"').replace('width="24"', 'width="28"')
        self.assertEqual(compare(longer, true)[2:], (2, 1))

    def test_holes_in_paths_are_counted_apart(self):
        holed = "M4 4H44V44H4zM14 12V24H34V12z"
        true = f'<path fill-rule="evenodd" d="{holed}"/>'
        found = recognition(f'<path d="{holed}"/>', true)
        self.assertEqual((found.true, found.found, found.in_paths), (2, 0, 2))
        bent = holed.replace("V24H34", "V24C20 25 28 25 34 24")
        self.assertEqual(recognition(f'<path d="{bent}"/>', true).in_paths, 1)
