import contextlib
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from django.test import SimpleTestCase, TestCase
from PIL import Image

from classifier.data import rendering
from classifier.data.measures import measure
from classifier.data.rendering import UnusableSvgError, render, view_box
from classifier.datasets.importing import import_path
from tests.classifier.data.logos import CIRCLE, svg
from tests.hostile.drawings import COSTLY, HOSTILE


class RenderingTests(SimpleTestCase):
    def test_a_drawing_becomes_pixels(self):
        image = render(svg(CIRCLE))
        self.assertEqual((image.shape[2], max(image.shape[:2])), (4, 256))
        self.assertTrue((image[128, 128] != 0).any())

    def test_every_hostile_drawing_is_refused_with_a_reason_and_the_next_is_rendered(self):
        for name, content in HOSTILE.items():
            with self.subTest(name):
                with self.assertRaises(UnusableSvgError) as caught:
                    render(content)
                self.assertLess(len(str(caught.exception)), 60)
                self.assertEqual(render(svg(CIRCLE)).shape[2], 4)

    def test_what_costs_much_is_rendered_or_refused(self):
        for name, content in COSTLY.items():
            with self.subTest(name), contextlib.suppress(UnusableSvgError):
                measure(content, render(content))

    def test_no_file_of_this_machine_is_read_even_where_the_checks_fail(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "secret.png"
            Image.new("RGB", (64, 64), "red").save(path)
            answer, _ = rendering._renderers.ask(
                {"long_side": 64, "flat": False}, svg(CIRCLE).encode()
            )
            self.assertEqual(answer, {})
            pid = rendering._renderers._idle[0]._process.pid
            limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
            opened = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        most = next(int(line.split()[3]) for line in limits if line.startswith("Max open files"))
        self.assertEqual(most, opened)

    def test_a_gradient_is_measured_as_before(self):
        gradient = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><linearGradient id="g">'
            '<stop stop-color="#000"/><stop offset="1" stop-color="#fff"/></linearGradient>'
            '<rect width="64" height="64" fill="url(#g)"/></svg>'
        )
        measured = measure(gradient, render(gradient))
        self.assertGreater(measured.gradient_share, 0.6)
        self.assertEqual(measure(svg(CIRCLE), render(svg(CIRCLE))).gradient_share, 0)

    def test_a_view_box_that_is_none_is_none(self):
        self.assertEqual(view_box('<svg viewBox="0 0 64 32">'), (0, 0, 64, 32))
        self.assertIsNone(view_box('<svg viewBox="0 0 1.2.3 5">'))


class ImportTests(TestCase):
    def test_one_bad_file_costs_one_line_of_the_report(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "logos.zip"
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("simple/good.svg", svg(CIRCLE))
                for name, content in HOSTILE.items():
                    archive.writestr(f"simple/{name}.svg", content)
            dataset = import_path(path, "hostile")
        self.assertEqual([sample.name for sample in dataset.samples.all()], ["simple/good.svg"])
        self.assertEqual(len(dataset.dropped), len(HOSTILE))
        self.assertTrue(np.isfinite(dataset.samples.get().measures["fill"]))
