from django.test import SimpleTestCase

from converter.benchmarks.judging import judge, know

SIZE = (64, 64)
WHITE = (255, 255, 255)
GRADIENT = (
    '<linearGradient id="g"><stop stop-color="#c00"/><stop offset="1" stop-color="#00c"/>'
    '</linearGradient><path fill="url(#g)" d="M8 8H56V56H8z"/>'
)


def svg(body):
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{body}</svg>'


class JudgeTest(SimpleTestCase):
    def judge(self, drawn, true, ground=WHITE):
        return judge(svg(drawn), know(svg(true), SIZE, ground))

    def test_a_copy_is_perfect(self):
        found = self.judge(GRADIENT, GRADIENT)
        self.assertEqual((found.outlines.off, found.outlines.turn), (0, 0))
        self.assertEqual((found.colour, found.colour95, found.error), (0, 0, 0))
        self.assertEqual((found.nodes, found.nodes_ratio, found.gradients), (4, 1, 1))
        self.assertEqual(found.byte_count, len(svg(GRADIENT)))

    def test_another_colour_differs_by_its_area(self):
        half = self.judge('<path fill="#444" d="M0 0H32V64H0z"/>', '<path d="M0 0H32V64H0z"/>')
        whole = self.judge('<path fill="#444" d="M0 0H64V64H0z"/>', '<path d="M0 0H64V64H0z"/>')
        self.assertAlmostEqual(whole.colour, 2 * half.colour, 3)
        self.assertAlmostEqual(whole.error, 0x44, 3)
        self.assertEqual(half.outlines.off, 0)

    def test_bands_keep_no_gradient(self):
        bands = "".join(
            f'<path fill="rgb({200 - 25 * n},0,{25 * n})" d="M{8 + 6 * n} 8h6v48h-6z"/>'
            for n in range(8)
        )
        found = self.judge(bands, GRADIENT)
        self.assertEqual(found.gradients, 0)
        self.assertGreater(found.colour, 0.5)
        self.assertIsNone(self.judge(bands, bands).gradients)

    def test_a_clear_upload_is_compared_on_light_and_on_dark(self):
        square = '<path fill="{}" d="M8 8H56V56H8z"/>'
        for ink in ("#fff", "#181818"):
            with self.subTest(ink=ink):
                found = self.judge("", square.format(ink), ground=None)
                self.assertGreater(found.colour, 20)
                self.assertEqual(found.outlines.missing, 1)

    def test_opacity_is_kept_or_lost(self):
        square = '<path fill-opacity="{}" d="M8 8H56V56H8z"/>'
        true = square.format(0.6)
        self.assertLess(self.judge(true, true, None).opacity, 0.01)
        self.assertAlmostEqual(self.judge(square.format(1), true, None).opacity, 0.4, 2)
        self.assertIsNone(self.judge(true, true).opacity)
        self.assertIsNone(self.judge(true, square.format(1), None).opacity)

    def test_all_figures_are_numbers_with_a_name(self):
        values = self.judge(GRADIENT, GRADIENT).values()
        self.assertEqual(values["shapes_true"], 1)
        self.assertIsNone(values["opacity"])
        self.assertTrue(all(isinstance(v, int | float) or v is None for v in values.values()))
