import re
import tempfile
from dataclasses import replace
from pathlib import Path

from django.test import SimpleTestCase
from PIL import Image, ImageFilter

from converter.fidelity import fidelity, render
from converter.images import Logo
from converter.presets import PRESETS
from converter.svg import UnsafeSvgError, rebuild
from converter.tracing import TracingError, prepare, trace, traced_size
from tests.converter.images import logo as draw

SVG = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'


def as_logo(image):
    return Logo(image, *image.size, lossy=False)


def drawn(logo, preset):
    size = (logo.width, logo.height)
    return rebuild(trace(logo, preset), traced_size(logo, preset), size)


class TraceTest(SimpleTestCase):
    def test_every_preset_draws_the_logo_again(self):
        logo = as_logo(draw())
        for name, preset in PRESETS.items():
            with self.subTest(name):
                drawing = drawn(logo, preset)
                self.assertGreater(fidelity(drawing.svg, logo.image), 0.95)
                if preset.name in ("simple", "text", "complex"):
                    self.assertEqual(drawing.colour_count, 2)

    def test_a_clear_ground_stays_clear(self):
        # Less than vtracer's own threshold for noticing transparency.
        image = Image.new("RGBA", (64, 64), "#204080")
        image.paste((0, 0, 0, 0), (28, 28, 36, 36))
        alpha = render(drawn(as_logo(image), PRESETS["simple"]).svg, 64).getchannel("A")
        self.assertEqual(alpha.getpixel((32, 32)), 0)
        self.assertEqual(alpha.getpixel((5, 5)), 255)

    def test_soft_edges_do_not_become_colours_in_a_flat_preset(self):
        image = draw(transparent=False).filter(ImageFilter.GaussianBlur(1))
        prepared = prepare(as_logo(image), PRESETS["simple"]).convert("RGB")
        self.assertEqual(len(prepared.getcolors(1 << 20)), 3)

    def test_wide_and_tiny_logos_keep_their_aspect(self):
        for size in ((16, 16), (800, 20), (20, 800)):
            with self.subTest(size):
                image = Image.new("RGBA", size, "red")
                svg = drawn(as_logo(image), PRESETS["text"]).svg
                self.assertEqual(render(svg, max(size)).size, size)


class FailingTracerTest(SimpleTestCase):
    def run_program(self, source, seconds=5):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "tracer.py"
            program.write_text(source)
            return trace(as_logo(draw()), PRESETS["simple"], program, seconds)

    def test_a_crash_costs_one_conversion(self):
        with self.assertRaisesMessage(TracingError, "stopped unexpectedly"):
            self.run_program("import os; os.abort()")

    def test_an_endless_loop_is_stopped(self):
        with self.assertRaisesMessage(TracingError, "more than 1 seconds"):
            self.run_program("while True: pass", seconds=1)

    def test_silence_is_a_failure(self):
        with self.assertRaises(TracingError):
            self.run_program("pass")

    def test_presets_refuse_values_on_which_the_tracer_aborts(self):
        with self.assertRaisesMessage(ValueError, "color_precision is 0"):
            replace(PRESETS["simple"], color_precision=0)


class RebuildTest(SimpleTestCase):
    def rebuild(self, body, frame=0):
        return rebuild(SVG.format(body).encode(), (100, 50, frame), (200, 100))

    def test_it_sets_size_and_view_box(self):
        svg = self.rebuild('<path d="M0 0 L10 0 L10 10 Z" fill="#FF0000"/>').svg
        self.assertIn('width="200" height="100" viewBox="0 0 100 50"', svg)
        self.assertIn('fill="#f00"', svg)

    def test_it_folds_offsets_in_and_writes_relative_steps(self):
        path = '<path d="M0 0 L10.25 0 C1 2 3 4 5 6 Z" fill="#123456" transform="translate(4,5)"/>'
        data = re.search(r' d="([^"]*)"', self.rebuild(path, frame=2).svg)[1]
        self.assertEqual(data, "M2 3l10.2 0c-9.2 2-7.2 4-5.2 6z")

    def test_scripts_references_and_handlers_do_not_get_through(self):
        body = (
            '<script>alert(1)</script><image href="http://example.com/a.png"/>'
            '<path onload="alert(1)" style="fill:url(//a.example)" d="M0 0 Z" fill="#abcdef"/>'
            "<foreignObject/>"
        )
        svg = self.rebuild(body).svg
        self.assertEqual(svg[svg.index("<path") :], '<path fill="#abcdef" d="M0 0z"/></svg>\n')

    def test_it_refuses_unknown_paints_commands_and_transforms(self):
        for path in (
            '<path d="M0 0 Z" fill="url(#a)"/>',
            '<path d="M0 0 A1 1 0 0 0 2 2" fill="#000000"/>',
            '<path d="M0 0 Z" fill="#000000" transform="matrix(1 0 0 1 0 0)"/>',
        ):
            with self.subTest(path), self.assertRaises(UnsafeSvgError):
                self.rebuild(path)


class FidelityTest(SimpleTestCase):
    def test_a_white_mark_on_a_clear_ground_is_not_matched_by_nothing(self):
        empty = '<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"/>'
        self.assertLess(fidelity(empty, draw(colour="white")), 0.8)

    def test_another_colour_scores_lower(self):
        red, green = (drawn(as_logo(draw(colour=c)), PRESETS["simple"]) for c in ("red", "green"))
        image = draw(colour="red")
        self.assertGreater(fidelity(red.svg, image), fidelity(green.svg, image) + 0.05)
