import numpy as np
from django.test import SimpleTestCase

from converter.benchmarks.outlines import compare_outlines, find_outline
from converter.benchmarks.rendering import render

SIDE = 96
SCALE = 12
CIRCLE = '<circle cx="48.3" cy="47.6" r="33.7"/>'


def svg(body):
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">{body}</svg>'


def wobbling(amplitude, period, stairs=False):
    """Return the circle with its radius going up and down along its outline."""
    turn = np.linspace(0, 2 * np.pi, 12_000, endpoint=False)
    wave = np.sin(turn * 33.7 * 2 * np.pi / period)
    radius = 33.7 + amplitude * (np.sign(wave) if stairs else wave)
    points = zip(48.3 + radius * np.cos(turn), 47.6 + radius * np.sin(turn), strict=True)
    return f'<path d="M{"L".join(f"{x:.4f} {y:.4f}" for x, y in points)}z"/>'


def outline(body, ground=(255, 255, 255)):
    return find_outline(render(svg(body), (SIDE, SIDE), SCALE, ground), SCALE)


class FindingTest(SimpleTestCase):
    def test_points_lie_on_the_outline_and_point_across_it(self):
        found = outline(CIRCLE)
        away = found.points - (48.3, 47.6)
        self.assertLess(np.abs(np.hypot(*away.T) - 33.7).max(), 0.01)
        turned = (found.normals - np.arctan2(away[:, 1], away[:, 0]) + np.pi / 2) % np.pi
        self.assertLess(np.degrees(np.abs(turned - np.pi / 2)).mean(), 0.3)
        self.assertAlmostEqual(found.weights.sum() / (2 * np.pi * 33.7), 1, 2)

    def test_every_channel_counts_alpha_too(self):
        pairs = [("#f00", "#0f0"), ("#00f", "#f0f"), ("#808080", "#a03020")]
        for left, right in pairs:
            with self.subTest(left=left, right=right):
                found = outline(
                    f'<path fill="{left}" d="M0 0H40V96H0z"/>'
                    f'<path fill="{right}" d="M40 0H96V96H40z"/>'
                )
                self.assertAlmostEqual(float(np.median(found.points[:, 0])), 40, 2)
        clear = outline('<path d="M0 0H40V96H0z"/>', ground=None)
        self.assertAlmostEqual(float(np.median(clear.points[:, 0])), 40, 2)

    def test_what_lies_under_other_paint_is_no_outline(self):
        self.assertEqual(len(outline(CIRCLE + '<path d="M0 0H96V96H0z"/>')), 0)


class ComparingTest(SimpleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.true = outline(CIRCLE)

    def errors(self, body):
        return compare_outlines(outline(body), self.true)

    def test_a_copy_is_right(self):
        found = self.errors(wobbling(0, 1))
        self.assertLess(found.off, 0.005)
        self.assertLess(found.lost, 0.02)
        self.assertLess(found.turn, 0.3)
        self.assertEqual((found.stray, found.missing), (0, 0))

    def test_stairs_of_a_tenth_of_a_pixel_are_off_by_little_and_turn_by_much(self):
        smooth = self.errors(wobbling(0, 1))
        stairs = self.errors(wobbling(0.05, 2, stairs=True))
        self.assertLess(stairs.off, 0.06)
        self.assertGreater(stairs.turn, 4)
        self.assertGreater(stairs.turn, 10 * smooth.turn)
        self.assertGreater(stairs.turn95, 2 * stairs.turn)

    def test_wobble_is_seen_from_one_pixel_up(self):
        for period in (1, 2, 4):
            with self.subTest(period=period):
                found = self.errors(wobbling(0.05, period))
                self.assertGreater(found.turn, 2)
                self.assertLess(found.off, 0.05)

    def test_a_larger_circle_is_off_and_does_not_turn(self):
        found = self.errors('<circle cx="48.3" cy="47.6" r="33.9"/>')
        self.assertAlmostEqual(found.off, 0.2, 2)
        self.assertLess(found.turn, 0.3)

    def test_moved_corners_do_not_turn_but_a_new_corner_does(self):
        square = "M20.3 20.3H76V76H20.3z"
        true = outline(f'<path d="{square}"/>')
        moved = outline('<path d="M20.5 20.5H76V76H20.5z"/>')
        self.assertLess(compare_outlines(moved, true).turn, 0.3)
        dented = outline('<path d="M20.3 20.3H46L48 20.8L50 20.3H76V76H20.3z"/>')
        found = compare_outlines(dented, true)
        self.assertGreater(found.turn, 10 * compare_outlines(moved, true).turn)

    def test_what_was_left_out_is_lost_and_what_was_made_up_is_stray(self):
        both = outline(CIRCLE + '<path d="M2 2H10V10H2z"/>')
        left_out = compare_outlines(self.true, both)
        self.assertGreater(left_out.missing, 0.1)
        self.assertEqual(left_out.lost, 4)
        self.assertEqual(left_out.stray, 0)
        made_up = compare_outlines(both, self.true)
        self.assertGreater(made_up.stray, 0.1)
        self.assertGreater(made_up.off, 0.4)

    def test_a_lost_dot_is_counted_however_long_the_other_outlines_are(self):
        dots = "".join(f'<circle cx="{x}" cy="6" r="1.2"/>' for x in (10, 30, 50))
        true = outline(CIRCLE + dots)
        one_lost = outline(CIRCLE + dots.replace('cx="30"', 'cx="34"'))
        found = compare_outlines(one_lost, true)
        self.assertEqual((found.parts, found.parts_lost), (3, 1))
        self.assertEqual(compare_outlines(true, true).parts_lost, 0)

    def test_an_empty_drawing_has_lost_everything(self):
        found = self.errors("")
        self.assertEqual((found.missing, found.lost, found.turn), (1, 4, 0))

    def test_faint_steps_are_no_outlines_of_their_own(self):
        bands = "".join(
            f'<path fill="rgb({200 - 2 * n},200,200)" d="M{20 + n} 0H96V96H{20 + n}z"/>'
            for n in range(0, 40, 8)
        )
        faint = outline(f'<path fill="#c8c8c8" d="M0 0H96V96H0z"/>{bands}')
        self.assertEqual(compare_outlines(faint, self.true).off, 0)
