"""Each output is checked by a program other than the one that wrote it."""

import io
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
from defusedxml import ElementTree
from django.test import SimpleTestCase
from ezdxf import bbox, recover, units
from PIL import Image

from converter.outputs.formats import FORMATS, OutputError, OutputOptions, losses, make
from converter.outputs.picture import UnreadablePictureError, read_picture
from converter.outputs.png import write_png
from tests.converter.outputs.drawings import FLAT, RICH

DEFAULT = OutputOptions()
_DPI = 192  # two pixels for each of the logo's


def rendered(command, content, suffix):
    """Have a program turn a file into a picture; return its pixels, uint8 [H, W, 3]."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / f"drawing{suffix}", Path(folder) / "drawing.png"
        source.write_bytes(content)
        known = {"source": source, "target": target, "stem": target.with_suffix("")}
        done = subprocess.run(
            [part.format(**known) for part in command], capture_output=True, text=True, timeout=60
        )
        if done.returncode or done.stderr:
            raise AssertionError(done.stderr or done.stdout)
        return np.asarray(Image.open(target).convert("RGB"))


POPPLER = ["pdftoppm", "-png", "-singlefile", "-r", str(_DPI), "{source}", "{stem}"]
GHOSTSCRIPT = [
    "gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-dEPSCrop", "-sDEVICE=png16m",
    "-dGraphicsAlphaBits=4", f"-r{_DPI}", "-sOutputFile={target}", "{source}",
]  # fmt: skip


def expected(svg, side=512):
    """The drawing on white by the renderer that makes our PNG files."""
    image = Image.open(io.BytesIO(write_png(svg, side, "#fff"))).convert("RGB")
    return np.asarray(image)


class LookCase(SimpleTestCase):
    def assert_alike(self, seen, svg, tolerance=3.0):
        wanted = expected(svg)
        self.assertEqual(seen.shape, wanted.shape)
        difference = np.abs(seen.astype(int) - wanted.astype(int))
        # Two programs smooth edges differently; surfaces have to agree.
        self.assertLess(difference.mean(), tolerance)
        self.assertLess(np.median(difference.max(axis=2)), 3)
        self.assertLess((difference.max(axis=2) > 40).mean(), 0.02)


@unittest.skipUnless(shutil.which("pdftoppm"), "Needs pdftoppm (Debian: poppler-utils).")
class PdfTests(LookCase):
    def test_poppler_sees_gradients_and_transparency(self):
        for svg in (RICH, FLAT):
            self.assert_alike(rendered(POPPLER, make(svg, "pdf", DEFAULT), ".pdf"), svg)

    def test_nothing_in_it_is_a_picture_of_pixels(self):
        with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
            file.write(make(RICH, "pdf", DEFAULT))
            file.flush()
            listed = subprocess.run(
                ["pdfimages", "-list", file.name], capture_output=True, text=True, check=True
            )
        self.assertEqual(len(listed.stdout.splitlines()), 2)  # the table's head alone

    def test_its_page_is_as_large_as_the_logo(self):
        with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
            file.write(make(RICH, "pdf", OutputOptions(title="Mark (ü) 1")))
            file.flush()
            told = subprocess.run(
                ["pdfinfo", file.name], capture_output=True, text=True, check=True
            ).stdout
        self.assertRegex(told, r"Page size:\s+192 x 96 pts")
        self.assertRegex(told, r"Title:\s+Mark \(ü\) 1")


@unittest.skipUnless(shutil.which("gs"), "Needs gs (Debian: ghostscript).")
class GhostscriptTests(LookCase):
    def test_it_sees_the_pdf_as_poppler_does(self):
        self.assert_alike(rendered(GHOSTSCRIPT, make(RICH, "pdf", DEFAULT), ".pdf"), RICH)

    def test_it_sees_gradients_in_the_eps(self):
        for svg in (RICH, FLAT):
            self.assert_alike(rendered(GHOSTSCRIPT, make(svg, "eps", DEFAULT), ".eps"), svg)

    def test_a_title_from_a_stranger_stays_a_comment(self):
        content = make(FLAT, "eps", OutputOptions(title="a\n%%EOF\nshowpage ü"))
        self.assert_alike(rendered(GHOSTSCRIPT, content, ".eps"), FLAT)
        self.assertIn(b"%%Title: a %%EOF showpage ?\n", content)


class PngTests(SimpleTestCase):
    def read(self, **options):
        return Image.open(io.BytesIO(make(RICH, "png", OutputOptions(**options))))

    def test_it_has_any_size_and_transparency(self):
        image = self.read(size=300)
        self.assertEqual((image.size, image.mode), ((300, 150), "RGBA"))
        self.assertEqual(image.getpixel((1, 1))[3], 0)
        self.assertIn(image.getpixel((218, 73))[3], range(250, 256))  # inside of the disc
        self.assertEqual(self.read(size=2000).size, (2000, 1000))

    def test_it_may_lie_on_a_colour(self):
        image = self.read(background="#123456").convert("RGBA")
        self.assertEqual(image.getpixel((1, 1)), (0x12, 0x34, 0x56, 255))

    def test_a_background_is_a_colour_however_it_is_written(self):
        for written, pixel in (
            ("hsv(1,200%,50%)", (128, 0, 0, 255)), ("rgb(300,0,0)", (255, 0, 0, 255)),
            ("hsl(120,100%,50%)", (0, 255, 0, 255)), ("#00f8", (0, 0, 255, 136)),
        ):  # fmt: skip
            with self.subTest(written):
                image = self.read(background=written).convert("RGBA")
                self.assertEqual(image.getpixel((0, 0)), pixel)


class DxfTests(SimpleTestCase):
    def read(self, svg, width_mm=80.0):
        content = make(svg, "dxf", OutputOptions(width_mm=width_mm))
        document, auditor = recover.read(io.BytesIO(content))
        self.assertEqual((auditor.errors, auditor.fixes), ([], []))
        return document

    def test_its_audit_finds_nothing_and_its_unit_is_the_millimetre(self):
        document = self.read(RICH)
        self.assertEqual(document.units, units.MM)
        box = bbox.extents(document.modelspace())
        self.assertTrue(box.extmin.x >= 0 and box.extmax.x <= 80)
        self.assertTrue(box.extmin.y >= 0 and box.extmax.y <= 40)

    def test_each_colour_has_a_layer_and_each_outline_is_closed(self):
        document = self.read(FLAT)
        entities = list(document.modelspace())
        layers = {entity.dxf.layer for entity in entities}
        self.assertEqual(layers, {"white FFFFFF", "red EE1111"})
        self.assertEqual(document.layers.get("red EE1111").rgb, (0xEE, 0x11, 0x11))
        self.assertTrue(all(e.closed for e in entities if e.dxftype() == "LWPOLYLINE"))

    def test_circles_stay_circles_and_up_is_up(self):
        square, hole, disc = list(self.read(FLAT).modelspace())[1:]
        self.assertEqual(disc.dxftype(), "CIRCLE")
        self.assertAlmostEqual(disc.dxf.radius, 10.0)
        self.assertAlmostEqual(disc.dxf.center.x, 3000 / 4096 * 80)
        self.assertEqual([len(square), len(hole)], [4, 4])
        top_left = (10.0, 30.0)
        self.assertIn(top_left, [(round(x, 6), round(y, 6)) for x, y, *_ in square])

    def test_curves_are_followed_to_a_hundredth_of_a_millimetre(self):
        arc = next(
            entity for entity in self.read(RICH).modelspace() if entity.dxf.layer == "orange CC6600"
        )
        centre, radius = (2200 / 4096 * 80, 40 - 200 / 2048 * 40), 200 / 4096 * 80
        for x, y, *_ in arc:
            distance = np.hypot(x - centre[0], y - centre[1])
            on_the_base = abs(y - centre[1]) < 1e-6
            self.assertTrue(on_the_base or abs(distance - radius) < 0.01)


class LayeredTests(SimpleTestCase):
    def groups(self, svg):
        root = ElementTree.fromstring(make(svg, "svg-layers", DEFAULT))
        label = "{http://www.inkscape.org/namespaces/inkscape}label"
        return [(group.get(label), len(group)) for group in root if group.tag.endswith("}g")]

    def test_it_has_a_named_group_for_each_colour(self):
        names = [
            "gradients",
            "dark gray 222222",
            "orange cc6600",
            "blue 0088cc",
            "dark green 005500",
            "purple 663399",
        ]
        self.assertEqual([name for name, _ in self.groups(RICH)], names)

    def test_what_lies_over_another_colour_stays_over_it(self):
        groups = [("white ffffff", 1), ("red ee1111", 2), ("white ffffff 2", 1)]
        self.assertEqual(self.groups(FLAT), groups)

    def test_it_looks_the_same(self):
        for svg in (RICH, FLAT):
            layered = make(svg, "svg-layers", DEFAULT).decode()
            np.testing.assert_array_equal(expected(layered), expected(svg))


class RefusalTests(SimpleTestCase):
    def test_what_cannot_be_rendered_is_refused_as_what_cannot_be_read(self):
        with self.assertRaisesMessage(OutputError, "cannot be given as png"):
            make('<svg width="9" height="9"', "png", OutputOptions())

    def test_options_out_of_range_are_named(self):
        for options, words in (
            ({"size": 0}, "size is 0; it must be from 1 to 8192 pixels"),
            ({"size": 9000}, "size is 9000"),
            ({"width_mm": 0.5}, "width_mm is 0.5; it must be from 1 to 10,000 millimetres"),
            ({"background": "nonsense"}, "give a colour such as #ffffff"),
        ):
            with self.subTest(options), self.assertRaisesMessage(OutputError, words):
                OutputOptions(**options)

    def test_an_unknown_format_is_named_with_those_there_are(self):
        with self.assertRaisesMessage(OutputError, "Choose one of svg, svg-layers, pdf"):
            make(FLAT, "gif", DEFAULT)

    def test_what_the_converter_does_not_write_is_no_drawing(self):
        for inner in (
            "<script>1</script>", '<image href="x"/>', '<path fill="url(#x)" d="M0 0h1v1z"/>',
            '<path transform="skewX(3)" d="M0 0h1v1z"/>', '<path d="M0 0q1 1 2 2z"/>',
        ):  # fmt: skip
            with self.subTest(inner), self.assertRaises(UnreadablePictureError):
                read_picture(FLAT.replace("</svg>", f"{inner}</svg>"))

    def test_it_says_what_a_format_cannot_hold_of_this_drawing(self):
        self.assertEqual(set(losses(RICH)), {"eps", "dxf"})
        self.assertEqual(losses(FLAT), {})

    def test_an_empty_drawing_has_every_format(self):
        empty = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" viewBox="0 0 9 9"/>'
        for name in FORMATS:
            self.assertTrue(make(empty, name, DEFAULT))
