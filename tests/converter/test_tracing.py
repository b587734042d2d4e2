import json
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest import mock
from unittest.mock import patch

import numpy as np
import psutil
from django.conf import settings
from django.test import SimpleTestCase
from PIL import Image, ImageDraw, ImageFilter

from converter.fidelity import fidelity, render
from converter.images import Logo, read_logo
from converter.presets import PRESETS
from converter.svg import write
from converter.tracer_output import UnsafeSvgError, read_shapes, read_traced
from converter.tracers import PROGRAM, TracerPool
from converter.tracing import TracingError, trace
from tests.converter.images import encoded
from tests.converter.images import logo as draw

SVG = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'


def shadow(side=256):
    """A blue tile on white, above the soft shadow that it throws."""
    down, along = np.mgrid[0:side, 0:side] / side
    distance = np.hypot((along - 0.5) / 0.44, (down - 0.82) / 0.12)
    shade = (255 - 127 * np.clip(1 - distance, 0, 1)).astype(np.uint8)
    image = Image.fromarray(shade).convert("RGB")
    box = [share * side for share in (0.22, 0.14, 0.78, 0.8)]
    ImageDraw.Draw(image).rounded_rectangle(box, 0.12 * side, fill="#2563eb")
    return image


def as_logo(image):
    return Logo(image, *image.size, lossy=False)


def gradient(side=96):
    """A tile that goes from red to blue, from left to right."""
    ramp = Image.linear_gradient("L").rotate(90).resize((side, side)).convert("L")
    return Image.composite(
        Image.new("RGBA", ramp.size, "#d02020"), Image.new("RGBA", ramp.size, "#2020d0"), ramp
    )


class TraceTest(SimpleTestCase):
    def test_every_preset_draws_the_logo_again(self):
        logo = as_logo(draw(512).resize((128, 128), Image.Resampling.BOX))
        for name, preset in PRESETS.items():
            with self.subTest(name):
                drawing = trace(logo, preset)
                least = (
                    0.75 if preset.name == "plain" else 0.9
                )  # vtracer's outlines are further off
                self.assertGreater(fidelity(drawing.svg, logo.image), least)
                if preset.name != "plain":
                    self.assertEqual(drawing.colour_count, 2)

    def test_a_clear_ground_stays_clear(self):
        # Less than vtracer's own threshold for noticing transparency.
        image = Image.new("RGBA", (64, 64), "#204080")
        image.paste((0, 0, 0, 0), (28, 28, 36, 36))
        for name in ("simple", "plain"):
            with self.subTest(name):
                drawing = trace(as_logo(image), PRESETS[name])
                alpha = render(drawing.svg, 64).getchannel("A")
                self.assertEqual(alpha.getpixel((32, 32)), 0)
                self.assertEqual(alpha.getpixel((5, 5)), 255)

    def test_a_disc_without_soft_edges_is_a_circle_all_the_same(self):
        image = Image.new("RGBA", (128, 128), "white")
        ImageDraw.Draw(image).ellipse((20, 20, 100, 100), fill="black")
        self.assertIn("<circle", trace(as_logo(image), PRESETS["simple"]).svg)

    def test_soft_edges_do_not_become_colours(self):
        image = draw(transparent=False).filter(ImageFilter.GaussianBlur(1))
        self.assertEqual(trace(as_logo(image), PRESETS["simple"]).colour_count, 3)

    def test_wide_and_tiny_logos_keep_their_aspect(self):
        for size in ((16, 16), (800, 20), (20, 800)):
            with self.subTest(size):
                image = Image.new("RGBA", size, "red")
                svg = trace(as_logo(image), PRESETS["text"]).svg
                self.assertEqual(render(svg, max(size)).size, size)

    def test_a_square_is_a_rectangle_to_a_twentieth_of_a_pixel(self):
        image = Image.new("RGBA", (64, 64), "white")
        ImageDraw.Draw(image).rectangle((16, 16, 47, 47), fill="black")
        svg = trace(as_logo(image), PRESETS["text"]).svg
        square = re.search(
            r'<rect fill="#000" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/>', svg
        )
        for value, expected in zip(square.groups(), (16, 16, 32, 32), strict=True):
            self.assertAlmostEqual(float(value), expected, delta=0.05)

    def test_a_turned_square_and_a_pill_are_rectangles(self):
        source = SVG.format(
            '<rect width="128" height="128" fill="white"/><rect x="40.3" y="20.2" width="48" '
            'height="48" transform="rotate(17 64.3 44.2)"/><rect x="15.2" y="90.4" width="98" '
            'height="25" rx="12.5"/>'
        ).replace("<svg", '<svg viewBox="0 0 128 128"')
        svg = trace(as_logo(render(source, 128)), PRESETS["simple"]).svg
        self.assertEqual(svg.count("<rect"), 3)  # with the ground
        (degrees,) = re.findall(r'transform="rotate\(([-\d.]+) ', svg)
        self.assertAlmostEqual(abs(float(degrees)), 17, delta=0.5)
        self.assertRegex(svg, r'rx="12\.')

    def test_neighbours_leave_no_gap(self):
        image = Image.new("RGBA", (64, 64), "#e02020")
        image.paste((32, 32, 224, 255), (32, 0, 64, 64))
        alpha = render(trace(as_logo(image), PRESETS["simple"]).svg, 512).getchannel("A")
        self.assertEqual(alpha.getextrema(), (255, 255))

    def test_a_gradient_becomes_one_path_and_is_flat_where_the_preset_says_so(self):
        logo = as_logo(gradient())
        smooth = trace(logo, PRESETS["gradient"])
        self.assertEqual(smooth.path_count, 1)
        self.assertIn("<linearGradient", smooth.svg)
        self.assertGreater(fidelity(smooth.svg, logo.image), 0.99)
        self.assertNotIn("Gradient", trace(logo, PRESETS["simple"]).svg)

    def test_a_soft_shadow_is_one_elliptical_gradient(self):
        drawing = trace(as_logo(shadow().convert("RGBA")), PRESETS["gradient"])
        self.assertEqual(drawing.svg.count("<radialGradient"), 1)
        self.assertLessEqual(drawing.colour_count, 8)

    def test_the_noise_of_jpeg_does_not_become_shapes(self):
        logo = read_logo(encoded(draw(transparent=False).convert("RGB"), "JPEG", quality=60), 512)
        drawing = trace(logo, PRESETS["simple"])
        self.assertEqual(drawing.colour_count, 3)
        self.assertIn('fill="#fff"', drawing.svg)


class NoisyUploadsTest(SimpleTestCase):
    """JPEG blurs colours over edges and rings beside them: neither is a shape."""

    def trace(self, image, preset):
        return trace(read_logo(encoded(image, "JPEG", quality=60), 512), PRESETS[preset])

    def test_what_lies_under_a_thin_ring_does_not_look_out(self):
        large = Image.new("RGB", (1024, 1024), "#777bb3")
        pen = ImageDraw.Draw(large)
        pen.ellipse((200, 200, 823, 823), fill="white")
        pen.ellipse((218, 218, 805, 805), fill="black")
        drawing = self.trace(large.resize((128, 128), Image.Resampling.BOX), "text")
        rendering = render(drawing.svg, 512).convert("L")
        ImageDraw.Draw(rendering).ellipse((104, 104, 407, 407), fill=255)
        self.assertGreater(rendering.getextrema()[0], 60)
        self.assertEqual(drawing.path_count, 3)

    def test_an_outline_that_no_smooth_curve_follows_is_drawn_all_the_same(self):
        image = Image.new("RGB", (128, 128), "#dc2626")
        pen = ImageDraw.Draw(image)
        for row in range(20, 108):
            end = 90 + 9 * (row * 7 % 3)  # ragged by nine pixels
            pen.line((30, row, end, row), fill="#22ff92")
        rendering = render(self.trace(image, "simple").svg, 128).convert("RGB")
        self.assertGreater(rendering.getpixel((60, 64))[1], 200)

    def test_a_soft_shadow_is_one_elliptical_gradient(self):
        drawing = self.trace(shadow(), "gradient")
        self.assertEqual(drawing.svg.count("<radialGradient"), 1)
        self.assertLessEqual(drawing.path_count, 3)

    def test_gradients_that_touch_are_two_and_no_bands(self):
        image = gradient(128).convert("RGB")
        ImageDraw.Draw(image).rectangle((0, 0, 127, 31), fill="white")
        lower = Image.linear_gradient("L").resize((128, 48))
        green = Image.composite(
            Image.new("RGB", (128, 48), "#20d060"), Image.new("RGB", (128, 48), "#f0e040"), lower
        )
        image.paste(green, (0, 80))
        drawing = self.trace(image, "gradient")
        self.assertEqual(drawing.svg.count("<linearGradient"), 2)
        self.assertLessEqual(drawing.path_count, 4)


class ThinLinesTest(SimpleTestCase):
    def test_a_line_of_one_pixel_between_two_rows_is_kept(self):
        image = Image.new("RGBA", (128, 128), "white")
        pen = ImageDraw.Draw(image)
        pen.rectangle((20, 90, 60, 120), fill="black")  # shows what the line's paint is
        pen.rectangle((10, 40, 117, 41), fill="#808080")  # half of each row is covered
        rendering = render(trace(as_logo(image), PRESETS["simple"]).svg, 128).convert("L")
        covered = sum((255 - rendering.getpixel((64, y))) / 255 for y in range(36, 46))
        self.assertAlmostEqual(covered, 1.0, delta=0.15)


class SmallShapesTest(SimpleTestCase):
    def test_no_dot_and_no_counter_is_lost(self):
        large = Image.new("RGBA", (1536, 768), "white")
        pen = ImageDraw.Draw(large)
        for column in range(8):
            for row in range(4):
                x, y, radius = 100 + 190 * column, 100 + 190 * row, 20 + 6 * (column + row)
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill="#0a8050")
                hole = radius // 2
                if row % 2:
                    pen.ellipse((x - hole, y - hole, x + hole, y + hole), fill="white")
        image = large.resize((192, 96), Image.Resampling.BOX)
        for lossy, upload in (
            (False, encoded(image)),
            (True, encoded(image.convert("RGB"), "JPEG")),
        ):
            with self.subTest(lossy=lossy):
                logo = read_logo(upload, 512)
                rendering = render(trace(logo, PRESETS["complex"]).svg, 1536).convert("RGB")
                for column in range(8):
                    for row in range(4):
                        x, y, radius = 100 + 190 * column, 100 + 190 * row, 20 + 6 * (column + row)
                        edge = rendering.getpixel((x + radius * 3 // 4, y))
                        self.assertLess(edge[0], 128, f"dot {column}, {row}")
                        middle = rendering.getpixel((x, y))
                        self.assertEqual(middle[0] > 128, bool(row % 2), f"hole {column}, {row}")


class ExtremeImagesTest(SimpleTestCase):
    """Images that are no logos stay drawable: one patch of noise is no shape."""

    def test_noise_and_checkerboards_give_a_drawing_of_bounded_size(self):
        noise = Image.effect_noise((256, 256), 120).convert("RGBA")
        checks = Image.new("L", (2, 2))
        checks.putdata([0, 255, 255, 0])
        checks = checks.resize((2, 2)).convert("RGBA")
        board = Image.new("RGBA", (256, 256))
        for x in range(0, 256, 2):
            for y in range(0, 256, 2):
                board.paste(checks, (x, y))
        for name, image in (("noise", noise), ("board", board)):
            for preset in ("simple", "gradient", "complex"):
                with self.subTest(name, preset=preset):
                    drawing = trace(as_logo(image), PRESETS[preset])
                    self.assertLess(drawing.byte_count, 2**20)


class FailingTracerTest(SimpleTestCase):
    def run_program(self, source, seconds=5):
        """Trace with a program that says that it is ready, and then does something else."""
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "tracer.py"
            program.write_text(f"import sys\nprint('ready', flush=True)\n{source}")
            pool = TracerPool(1, program)
            self.addCleanup(pool.end)
            return trace(as_logo(draw()), PRESETS["simple"], pool, seconds)

    def test_a_crash_costs_one_conversion(self):
        with self.assertRaisesMessage(TracingError, "stopped unexpectedly"):
            self.run_program("import os; os.abort()")

    def test_an_endless_loop_is_stopped_by_its_processor_time(self):
        source = (
            "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 2))\n"
            "sys.stdin.buffer.readline()\nwhile True: pass"
        )
        with self.assertRaisesMessage(TracingError, "more than 5 seconds"):
            self.run_program(source)

    def test_silence_is_a_failure(self):
        with self.assertRaises(TracingError):
            self.run_program("pass")

    def test_an_answer_in_another_form_is_refused(self):
        with self.assertRaisesMessage(TracingError, "unusable"):
            self.run_program(
                "sys.stdin.buffer.readline(); print('{\"length\": 4}', end='\\n[{}]', flush=True)\n"
                "sys.stdin.buffer.read()"
            )

    def test_settings_outside_their_range_are_refused(self):
        with self.assertRaisesMessage(ValueError, "tolerance is 0"):
            replace(PRESETS["simple"].settings, tolerance=0)


class StartingTracerTest(SimpleTestCase):
    """A process that is started anew while somebody waits."""

    def pool(self, source):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        program = Path(folder) / "tracer.py"
        program.write_text(f"import sys, time\n{source}")
        pool = TracerPool(1, program)
        self.addCleanup(pool.end)
        return pool

    def trace(self, pool, **limits):
        return trace(as_logo(draw(512)), PRESETS["simple"], pool, **limits)

    def processes(self, pool):
        found = [process for process in psutil.Process().children() if process.is_running()]
        return [p for p in found if str(pool._program) in " ".join(p.cmdline())]

    def test_who_cannot_wait_leaves_it_to_get_ready_for_the_next(self):
        pool = self.pool(
            "time.sleep(2)\nprint('ready', flush=True)\nsys.stdin.buffer.readline()\n"
            "sys.stdin.buffer.read(4 * 512 * 512)\nprint('{\"length\": 2}\\n[]', flush=True)\n"
            "sys.stdin.buffer.read()"
        )
        with self.assertRaisesMessage(TracingError, "was stopped"):
            self.trace(pool, clock_seconds=0.1)
        [first] = self.processes(pool)
        self.assertEqual(self.trace(pool).path_count, 0)
        self.assertEqual(self.processes(pool), [first])

    def test_one_that_never_gets_ready_is_ended(self):
        pool = self.pool("time.sleep(600)")
        with (
            mock.patch("converter.tracers.START_SECONDS", 0.5),
            self.assertRaises(TracingError),
        ):
            self.trace(pool)
        self.assertEqual(self.processes(pool), [])

    def test_one_that_gets_ready_slowly_beside_other_work_is_waited_for(self):
        pool = self.pool(
            "time.sleep(1)\nprint('ready', flush=True)\nsys.stdin.buffer.readline()\n"
            "sys.stdin.buffer.read(4 * 512 * 512)\nprint('{\"length\": 2}\\n[]', flush=True)\n"
            "sys.stdin.buffer.read()"
        )
        with mock.patch("converter.tracers.START_SECONDS", 0.5):
            self.assertEqual(self.trace(pool).path_count, 0)

    def test_one_that_takes_no_image_keeps_nobody(self):
        pool = self.pool("print('ready', flush=True)\ntime.sleep(600)")
        with self.assertRaises(TracingError):
            self.trace(pool, clock_seconds=2)
        self.assertEqual(self.processes(pool), [])

    def test_one_that_says_no_more_keeps_nobody(self):
        pool = self.pool(
            "import os\nprint('ready', flush=True)\nsys.stdin.buffer.readline()\nos.close(1)\n"
            "time.sleep(600)"
        )
        with self.assertRaises(TracingError):
            self.trace(pool, clock_seconds=10)
        self.assertEqual(self.processes(pool), [])


class TracerPoolTest(SimpleTestCase):
    def setUp(self):
        self.pool = TracerPool(1, cache=Path(settings.CONVERTER_COMPILED))
        self.addCleanup(self.pool.end)

    def child(self):
        (child,) = [
            process
            for process in psutil.Process().children()
            if str(PROGRAM) in process.cmdline() and process.pid not in self.others
        ]
        return child

    def trace(self, image=None):
        return trace(as_logo(image or draw()), PRESETS["simple"], self.pool)

    def test_a_process_serves_many_logos_and_is_replaced_when_killed(self):
        self.others = {process.pid for process in psutil.Process().children()}
        self.trace()
        first = self.child()
        self.trace()
        self.assertEqual(self.child(), first)
        first.kill()
        first.wait()
        self.assertGreater(self.trace().path_count, 0)
        self.assertNotEqual(self.child(), first)

    def test_one_that_has_grown_makes_room_for_a_new_one_that_gets_ready_at_once(self):
        self.others = {process.pid for process in psutil.Process().children()}
        self.trace()
        grown = self.child()
        with mock.patch("converter.tracers.GROWN_BYTES", 2**20):
            self.assertGreater(self.trace().path_count, 0)
        self.assertFalse(grown.is_running())
        fresh = self.child()
        self.assertGreater(self.trace().path_count, 0)
        self.assertEqual(self.child(), fresh)

    def test_one_draws_many_logos_before_it_has_grown(self):
        self.others = {process.pid for process in psutil.Process().children()}
        self.trace()
        first = self.child()
        for shade in range(0, 200, 10):
            self.trace(draw(384, colour=(shade, 40, 200)))
        self.assertEqual(self.child(), first)

    def test_one_that_grew_while_it_compiled_starts_again_before_it_says_that_it_is_ready(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "vectorizer").mkdir()
        (folder / "vectorizer" / "warming.py").write_text(
            "import pathlib, sys\n"
            "kept = []\n"
            "def warm_up():\n"
            "    if len(sys.argv) == 2:\n"
            "        print('compiling')\n"
            "        kept.append(b'x' * 400_000_000)\n"
        )
        program = Path(shutil.copy(PROGRAM, folder))
        self.others = {process.pid for process in psutil.Process().children()}
        pool = TracerPool(1, program)
        self.addCleanup(pool.end)
        pool.warm()
        (child,) = [c for c in psutil.Process().children() if c.pid not in self.others]
        self.assertIn(str(program), child.cmdline())
        self.assertLess(child.memory_info().rss, 250_000_000)

    def test_a_job_that_takes_too_long_ends_its_process_and_the_next_one_is_served(self):
        noise = Image.effect_noise((1200, 1200), 100).convert("RGBA")
        with self.assertRaisesMessage(TracingError, "more than 0 seconds"):
            trace(as_logo(noise), PRESETS["complex"], self.pool, seconds=0)
        self.assertGreater(self.trace().path_count, 0)

    def test_who_cannot_wait_is_told_so_by_the_clock(self):
        noise = Image.effect_noise((1200, 1200), 100).convert("RGBA")
        with self.assertRaises(TracingError):
            trace(as_logo(noise), PRESETS["complex"], self.pool, clock_seconds=0.01)
        with self.pool._tracer(), self.assertRaises(TracingError):
            trace(as_logo(draw()), PRESETS["simple"], self.pool, clock_seconds=0.01)
        self.assertGreater(self.trace().path_count, 0)


class WornTracerTest(SimpleTestCase):
    """A tracer that grew, or did its share of jobs, gives way to a fresh one."""

    # Answers with its number as the width of a rectangle; keeps memory, and says how much.
    PROGRAM = """
import json, os, sys
print("ready", flush=True)
kept = []
for line in sys.stdin.buffer:
    request = json.loads(line)
    sys.stdin.buffer.read(4 * request["width"] * request["height"])
    kept.append(b"x" * {kept})
    shape = {{"paint": {{"colour": [0, 0, 0]}}, "rectangle": [0, 0, os.getpid(), 1, 0, 0]}}
    answer = json.dumps([shape]).encode()
    head = {{"length": len(answer), "memory": sum(map(len, kept))}}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\\n" + answer)
    sys.stdout.buffer.flush()
"""

    def processes(self, kept, jobs):
        """Trace so often and return which process did each."""
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "tracer.py"
            program.write_text(self.PROGRAM.format(kept=kept))
            pool = TracerPool(1, program)
            self.addCleanup(pool.end)
            image = Image.new("RGBA", (16, 16))
            found = [trace(as_logo(image), PRESETS["simple"], pool).svg for _ in range(jobs)]
        return [re.search(r'width="(\d+)" height="1"', svg)[1] for svg in found]

    def test_one_that_grew_is_replaced_after_its_job(self):
        with patch("converter.tracers.GROWN_BYTES", 100 * 2**20):
            self.assertEqual(len(set(self.processes(kept=150 * 2**20, jobs=3))), 3)
            self.assertEqual(len(set(self.processes(kept=2**10, jobs=3))), 1)

    def test_one_that_did_its_share_is_replaced(self):
        with patch("converter.tracers.JOBS", 2):
            first, second, third = self.processes(kept=1, jobs=3)
        self.assertEqual(first, second)
        self.assertNotEqual(second, third)


class WriteTest(SimpleTestCase):
    def write(self, body, frame=0):
        return write(read_traced(SVG.format(body).encode(), frame), (100, 50), (200, 100))

    def test_it_sets_size_and_view_box(self):
        svg = self.write('<path d="M0 0 L10 0 L10 10 Z" fill="#FF0000"/>').svg
        self.assertIn('width="200" height="100" viewBox="0 0 100 50"', svg)
        self.assertIn('fill="#f00"', svg)

    def test_it_folds_offsets_in_and_writes_relative_steps(self):
        path = (
            '<path d="M0 0 L25 0 C25 5 30 10 50 25 Z" fill="#123456" transform="translate(2,2)"/>'
        )
        data = re.search(r' d="([^"]*)"', self.write(path, frame=2).svg)[1]
        self.assertEqual(data, "M0 0h25c0 5 5 10 25 25z")

    def test_scripts_references_and_handlers_do_not_get_through(self):
        body = (
            '<script>alert(1)</script><image href="http://example.com/a.png"/>'
            '<path onload="alert(1)" style="fill:url(//a.example)" d="M0 0 L9 0 L9 9 Z" '
            'fill="#abcdef"/><foreignObject/>'
        )
        svg = self.write(body).svg
        self.assertEqual(svg[svg.index("<path") :], '<path fill="#abcdef" d="M0 0h9v9z"/></svg>\n')

    def test_it_refuses_unknown_paints_commands_and_transforms(self):
        for path in (
            '<path d="M0 0 Z" fill="url(#a)"/>',
            '<path d="M0 0 A1 1 0 0 0 2 2" fill="#000000"/>',
            '<path d="M0 0 Z" fill="#000000" transform="matrix(1 0 0 1 0 0)"/>',
        ):
            with self.subTest(path), self.assertRaises(UnsafeSvgError):
                self.write(path)

    def test_shapes_are_numbers_or_refused(self):
        good = {"paint": {"colour": [1, 2, 3]}, "outlines": [[[0, 0], [9, 0], [9, 9]]]}
        self.assertEqual(len(read_shapes(json.dumps([good]).encode())), 1)
        for change in (
            {"paint": {"colour": ["url(#a)", 0, 0]}},
            {"outlines": [[[0, 0], [1, 2, 3]]]},
            {"outlines": [[[0, "1e999"]]]},
        ):
            with self.subTest(change), self.assertRaises(UnsafeSvgError):
                read_shapes(json.dumps([good | change]).encode())

    def test_shapes_of_one_gradient_share_it(self):
        paint = {"start": [0, 0], "end": [100, 0], "offsets": [0, 1], "opacities": [1, 1]}
        paint["colours"] = [[255, 0, 0], [0, 0, 255]]
        shape = {"paint": paint, "outlines": [[[0, 0], [9, 0], [9, 9]]]}
        flat = shape | {"paint": {"colour": [0, 0, 0]}}
        drawing = write(
            read_shapes(json.dumps([shape, flat, shape]).encode()), (100, 50), (100, 50)
        )
        self.assertEqual(drawing.svg.count("<linearGradient"), 1)
        self.assertEqual((drawing.path_count, drawing.colour_count), (3, 3))
