import io
import json
import tempfile
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from unittest import mock

import numpy as np
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, override_settings
from PIL import Image

from converter.benchmarks.cases import KINDS, WHITE, Case, plain_cases, upload_size
from converter.benchmarks.drawing_tables import OURS, describe, summarise
from converter.benchmarks.logos import read_logos
from converter.benchmarks.peers import PEERS
from converter.benchmarks.plain import plain_shapes
from converter.presets import LOGO_TYPES
from tests.converter.benchmarks.logos import write_logos

SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">'
    '<path fill="{}" d="M5 5H35V15H5z"/>{}</svg>'
)


def case(svg, ground=WHITE):
    return Case("name", "simple", svg, ground)


class CasesTest(SimpleTestCase):
    def test_uploads_are_of_their_kind(self):
        for name, (side, mode, form) in {
            "png256": (256, "RGB", "PNG"),
            "png96": (96, "RGB", "PNG"),
            "jpeg60": (256, "RGB", "JPEG"),
            "clear256": (256, "RGBA", "PNG"),
        }.items():
            with self.subTest(kind=name):
                upload = case(SQUARE.format("#205080", ""), (250, 240, 10)).upload(KINDS[name])
                image = Image.open(io.BytesIO(upload))
                self.assertEqual((image.size, image.mode, image.format),
                                 ((side, side // 2), mode, form))  # fmt: skip
                corner = np.asarray(image)[1, 1]
                expected = [0, 0, 0, 0] if mode == "RGBA" else [250, 240, 10]
                self.assertLess(np.abs(corner.astype(int) - expected).max(), 6)

    def test_a_size_follows_the_view_box_or_the_lengths(self):
        for head, size in {
            'viewBox="0 0 20 40"': (128, 256),
            "viewBox='-5,-5,30,15'": (256, 128),
            'width="10px" height="5"': (256, 128),
            "": (256, 256),
            'viewBox="0 0 1000 2"': (256, 16),
        }.items():
            with self.subTest(head=head):
                self.assertEqual(upload_size(f"<svg {head}>", 256), size)

    def test_marks_are_of_one_paint(self):
        self.assertTrue(case(SQUARE.format("#111", "")).is_mark)
        self.assertFalse(case(SQUARE.format("#eee", "")).is_mark)
        self.assertTrue(case(SQUARE.format("#eee", ""), (0, 0, 0)).is_mark)
        second = '<path fill="#d00" d="M10 7H20V12H10z"/>'
        self.assertFalse(case(SQUARE.format("#111", second)).is_mark)

    def test_thin_lines_are_as_wide_as_they_say(self):
        for side in (256, 96):
            kind = KINDS["png256" if side == 256 else "png96"]
            lines = next(each for each in plain_cases(kind) if each.name == "lines-3.0")
            column = (
                255
                - np.asarray(Image.open(io.BytesIO(lines.upload(kind))))[: side // 5, -side // 8, 0]
            )
            self.assertAlmostEqual(column.sum() / (255 - 0x1A), 3, 1)

    def test_logos_lie_on_their_ground(self):
        with tempfile.TemporaryDirectory() as folder:
            write_logos(Path(folder), ["text"], "test", each=2)
            found = read_logos(Path(folder), "test", 1, 0)
        self.assertEqual([(each.label, each.ground) for each in found], [("text", WHITE)])


def row(name, tracer=OURS, **values):
    zeros = dict.fromkeys(
        ("off", "lost", "stray", "missing", "turn", "turn95", "colour", "colour95", "error",
         "nodes", "nodes_ratio", "ms", "byte_count", "shapes_true", "shapes_found",
         "shapes_drawn", "shapes_right", "shapes_in_paths", "parts", "parts_lost"), 0,
    )  # fmt: skip
    known = {"kind": "png256", "type": "simple", "mark": False, "flat": True}
    return known | zeros | {"gradients": None, "opacity": None} | {
        "name": name, "tracer": tracer,
    } | values  # fmt: skip


class SummaryTest(SimpleTestCase):
    def figures(self, *rows):
        return summarise(list(rows), [])["figures"]["png256"]

    def test_images_are_in_the_groups_that_they_belong_to(self):
        found = self.figures(
            row("a", mark=True), row("b", type="gradient", flat=False), row("c", type="plain")
        )
        counts = {group: tracers[OURS]["images"] for group, tracers in found.items()}
        self.assertEqual(
            counts, {"plain": 1, "marks": 1, "flat": 1, "simple": 1, "gradient": 1, "all": 2}
        )

    def test_means_medians_and_shares(self):
        found = self.figures(
            row("a", off=1, nodes_ratio=1, shapes_true=3, shapes_found=1, shapes_drawn=2,
                shapes_right=2, opacity=0.01, gradients=0.9),
            row("b", off=2, nodes_ratio=2, opacity=0.4, gradients=0.2),
            row("c", off=6, nodes_ratio=9),
        )["all"][OURS]  # fmt: skip
        self.assertEqual((found["off"], found["nodes_ratio"]), (3, 2))
        self.assertEqual((found["recall"], found["precision"]), (1 / 3, 1))
        self.assertEqual((found["opacity_images"], found["opacity_kept"]), (2, 0.5))
        self.assertEqual((found["gradient_files"], found["gradient_area"]), (0.5, 0.55))

    def test_failures_are_counted_and_lose(self):
        found = self.figures(
            row("a", turn=2), row("b", turn=2), row("c", failed=True),
            row("a", "swag", turn=1), row("b", "swag", failed=True), row("c", "swag", turn=9),
        )["all"]  # fmt: skip
        self.assertEqual((found[OURS]["failed"], found["swag"]["failed"]), (1, 1))
        self.assertAlmostEqual(found["swag"]["better_by_turn"], 1 / 3)

    def test_a_draw_is_half_a_win(self):
        found = self.figures(row("a", turn=1), row("a", "swag", turn=1))["all"]
        self.assertEqual(found["swag"]["better_by_turn"], 0.5)

    def test_tables_name_tracers_and_what_is_missing(self):
        rows = [row("a", opacity=0.0), row("a", "swag", failed=True)]
        text = describe(summarise(rows, ["potrace"]))
        self.assertIn(f"| png256 | all (1) | {OURS} | 0.000 |", text)
        self.assertIn("| png256 | all (1) | swag | all failed |", text)
        self.assertIn("not compared: potrace", text)
        self.assertIn("| 100 % of 1 |", text)


class InlinePool:
    def map(self, function, *items):
        return map(function, *items)


@contextmanager
def inline_pool(*args, **kwargs):
    """Stand in for a pool of processes."""
    yield InlinePool()


def two_shapes(side):
    """Return few shapes, so that the test is quick."""
    return {name: plain_shapes(side)[name] for name in ("circle", "lines-2.0")}


class CommandTest(SimpleTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_command(self, *arguments):
        out = StringIO()
        with (
            mock.patch("converter.benchmarks.drawing.ProcessPoolExecutor", inline_pool),
            mock.patch("converter.benchmarks.cases.plain_shapes", two_shapes),
            mock.patch("converter.benchmarks.steps.measure_steps", return_value={}),
        ):
            call_command("benchmark", "drawing", *arguments, stdout=out, stderr=StringIO())
        return out.getvalue()

    def test_plain_shapes_are_measured_without_any_logos(self):
        figures = json.loads(self.run_command("--json", "--kinds", "png96"))["figures"]
        found = figures["png96"]["plain"][OURS]
        self.assertEqual((found["images"], found["failed"]), (2, 0))
        self.assertLess(found["off"], 0.2)
        self.assertGreater(found["ms"], 0)

    def test_peers_that_are_not_installed_are_named(self):
        with override_settings(VAR_DIR=self.folder):
            found = json.loads(self.run_command("--json", "--kinds", "png96", "--peers"))
        self.assertLessEqual({"vtracer", "swag", "autotrace"}, set(found["missing_peers"]))

    def test_logos_of_a_folder_are_measured_and_kept(self):
        logos, kept = self.folder / "logos", self.folder / "kept"
        logos.mkdir()
        write_logos(logos, LOGO_TYPES[:1], "test", each=1)
        text = self.run_command(
            "--kinds", "png96", "--logos", str(logos), "--keep", str(kept), "--per-type", "1"
        )
        self.assertIn(f"| png96 | {LOGO_TYPES[0]} (1) | {OURS} |", text)
        self.assertEqual(len(list((kept / OURS).glob("*.svg"))), 3)

    def test_an_unknown_kind_or_folder_is_one_line(self):
        with self.assertRaisesMessage(CommandError, "no kind 'gif'"):
            self.run_command("--kinds", "gif")
        with self.assertRaisesMessage(CommandError, "--vectors"):
            self.run_command("--logos", str(self.folder))


class PeersTest(SimpleTestCase):
    def test_each_says_what_is_missing_of_it(self):
        with tempfile.TemporaryDirectory() as folder:
            with mock.patch("shutil.which", return_value=None):
                missing = {name: peer.missing(Path(folder)) for name, peer in PEERS.items()}
            self.assertTrue(all(missing.values()), missing)
            (Path(folder) / "swag").mkdir()
            self.assertEqual(PEERS["swag"].missing(Path(folder)), "")
