import json
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import SimpleTestCase

from converter.benchmarks.conversion_tables import describe, summarise
from converter.benchmarks.judging import Figures
from converter.benchmarks.logos import LogosError, Measured, measure, read_logos
from converter.benchmarks.outlines import OutlineErrors
from converter.benchmarks.recognition import Recognition
from converter.benchmarks.score import FAILED, faults
from converter.presets import PRESETS
from converter.tracing import TracingError
from converter.tuning import probe, searched, tune
from tests.converter.benchmarks.logos import write_logos


class FolderTestCase(SimpleTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


class LogosTest(FolderTestCase):
    def test_they_are_drawn_by_type_split_and_seed(self):
        write_logos(self.folder, ["simple", "text"], "test", each=4)
        first = read_logos(self.folder, "test", 2, seed=1)
        self.assertEqual([logo.label for logo in first], ["simple"] * 2 + ["text"] * 2)
        self.assertEqual(first, read_logos(self.folder, "test", 2, seed=1))
        with self.assertRaisesMessage(LogosError, "no logo of the train split"):
            read_logos(self.folder, "train", 2, seed=1)

    def test_another_folder_is_told_how_to_become_one(self):
        with self.assertRaisesMessage(LogosError, "export_dataset --vectors"):
            read_logos(self.folder, "test", 2, seed=1)

    def test_a_good_drawing_of_png_and_jpeg_is_near_the_source(self):
        write_logos(self.folder, ["simple"], "test", each=1)
        [logo] = read_logos(self.folder, "test", 1, seed=0)
        clean, noisy = (measure(logo, PRESETS["simple"], form) for form in ("png", "jpeg"))
        self.assertLess(clean.figures.outlines.off, 0.1)
        self.assertLess(noisy.figures.outlines.off, 0.2)
        self.assertLess(clean.faults, FAILED / 2)
        self.assertGreater(clean.milliseconds, 0)

    def test_a_failure_has_all_faults(self):
        write_logos(self.folder, ["simple"], "test", each=1)
        [logo] = read_logos(self.folder, "test", 1, seed=0)
        with mock.patch("converter.benchmarks.logos.trace", side_effect=TracingError("no")):
            found = measure(logo, PRESETS["simple"], "png")
        self.assertEqual((found.figures, found.faults), (None, FAILED))


def figures(turn):
    """Return a drawing's figures that are perfect but for its mean turn."""
    outlines = OutlineErrors(
        off=0, lost=0, stray=0, missing=0, turn=turn, turn95=turn, parts=0, parts_lost=0
    )
    shapes = Recognition(true=0, found=0, drawn=0, right=0)
    return Figures(outlines, nodes=4, nodes_ratio=1, colour=0, colour95=0, error=0,
                   byte_count=1024, shapes=shapes, gradients=None, opacity=None)  # fmt: skip


def case(label, rules, model, **turns):
    """A case in which each preset turns by so much, 5 degrees if it is not named."""
    presets = {
        name: Measured(figures(turn), 100.0, f"{turn}")
        for name, turn in (dict.fromkeys(PRESETS, 5.0) | turns).items()
    }
    routes = {"label": label, "rules": rules, "model": model}
    return routes | {"name": f"{label} {turns}", "presets": presets}


class ScoreTest(SimpleTestCase):
    def test_each_fault_counts_and_none_without_end(self):
        perfect = figures(turn=0)
        self.assertEqual(faults(perfect), 0)
        self.assertEqual(faults(figures(turn=2)), 2)
        self.assertEqual(faults(figures(turn=90)), 5)
        self.assertAlmostEqual(faults(replace(perfect, colour=1.0)), 2)
        self.assertAlmostEqual(faults(replace(perfect, nodes_ratio=8)), 3)
        self.assertEqual(faults(replace(perfect, nodes_ratio=0.5)), 0)
        for outlines, points in (
            (replace(perfect.outlines, off=0.1), 2),
            (replace(perfect.outlines, missing=0.04), 2),
            (replace(perfect.outlines, stray=0.02), 1),
        ):
            self.assertAlmostEqual(faults(replace(perfect, outlines=outlines)), points)


class SummaryTest(SimpleTestCase):
    def setUp(self):
        self.results = summarise(
            [
                case("simple", "text", "simple", simple=1.0, general=2.0),
                case("text", "simple", "gradient", text=1.0, general=2.0),
            ]
        )

    def test_the_single_preset_is_the_best_for_all(self):
        self.assertEqual(self.results["single_preset"], "general")
        self.assertAlmostEqual(self.results["means"]["all"]["single"]["turn"], 2)

    def test_shares_are_of_the_way_to_the_best(self):
        shares = self.results["share_of_gain"]
        self.assertAlmostEqual(shares["simple"]["model"], 100)
        self.assertAlmostEqual(shares["all"]["label"], 100)
        self.assertAlmostEqual(shares["text"]["model"], -300)
        self.assertNotIn("complex", shares)

    def test_without_a_gain_there_is_no_share(self):
        results = summarise([case("simple", "simple", "simple")])
        self.assertIsNone(results["share_of_gain"]["simple"]["label"])
        self.assertIn("| simple | - | - | - |", describe(results))

    def test_each_preset_is_measured_on_each_type(self):
        self.assertEqual(self.results["by_preset"]["simple"]["simple"], 1)
        self.assertEqual(self.results["by_preset"]["all"]["simple"], 3)

    def test_the_right_type_is_compared_with_the_general_preset(self):
        cases = [case("text", "text", "text", text=turn, general=2.0) for turn in (0.5, 1.0, 1.5)]
        found = summarise(cases)["right_type"]
        self.assertEqual(list(found), ["text"])
        self.assertAlmostEqual(found["text"]["mean"], 1)
        self.assertTrue(0.5 <= found["text"]["low"] < 1 < found["text"]["high"] <= 1.5)

    def test_presets_that_draw_the_same_are_named(self):
        self.assertEqual(self.results["same"]["simple text"], 0)
        self.assertEqual(self.results["same"]["gradient complex"], 1)
        self.assertIn("gradient and complex 100%", describe(self.results))

    def test_the_table_names_every_arm(self):
        self.assertEqual(describe(self.results).count("(f) best preset of each image"), 3)


class InlinePool:
    def map(self, function, items):
        return map(function, items)


@contextmanager
def inline_pool(*args, **kwargs):
    """Stand in for a pool of processes."""
    yield InlinePool()


class CommandTest(FolderTestCase):
    def test_the_benchmark_prints_means_by_arm_and_class(self):
        write_logos(self.folder, ["text"], "test", each=1)
        routes = {"rules": "simple", "model": "text", "label": "text", "name": "logo"}
        out = StringIO()
        with (
            mock.patch("converter.benchmarks.conversion.ProcessPoolExecutor", inline_pool),
            mock.patch("converter.benchmarks.conversion._routes", return_value=routes),
        ):
            call_command(
                "benchmark", "conversion", "--logos", str(self.folder), "--json", stdout=out
            )
        results = json.loads(out.getvalue())
        self.assertEqual(results["uploads"], 2)
        self.assertLess(results["means"]["text"]["model"]["off"], 0.2)

    def test_a_folder_without_sources_is_one_line(self):
        for arguments in (("benchmark", "conversion"), ("tune_presets",)):
            with self.subTest(arguments), self.assertRaisesMessage(CommandError, "--vectors"):
                call_command(*arguments, "--logos", str(self.folder))

    def test_tuning_writes_what_it_found(self):
        write_logos(self.folder, ["simple"], "train", each=1)
        output = self.folder / "found.json"
        with mock.patch(
            "converter.management.commands.tune_presets.ProcessPoolExecutor", inline_pool
        ):
            call_command(
                "tune_presets", "--logos", str(self.folder), "--type", "simple", "--trials", "2",
                "--format", "png", "--output", str(output), stdout=StringIO(),
            )  # fmt: skip
        found = json.loads(output.read_text())["simple png"]
        self.assertIn("smoothing", found["settings"])
        self.assertLessEqual(found["faults"], found["faults_before"])


class TuningTest(SimpleTestCase):
    def test_the_first_trial_is_the_preset_and_the_best_is_kept(self):
        tried = []

        def points(function, jobs):
            tried.append(jobs[0][1].settings)
            return [abs(tried[-1].tolerance - 0.3)]

        start = PRESETS["text"]
        found = tune([mock.sentinel.logo], start, "jpeg", 8, seed=1, mapper=points)
        self.assertEqual(tried[0], start.noisy)
        best = min(tried, key=lambda settings: abs(settings.tolerance - 0.3))
        self.assertEqual(found["settings"]["tolerance"], best.tolerance)

    def test_a_trial_that_is_worse_on_every_logo_is_given_up(self):
        traced = []

        def points(function, jobs):
            traced.append(len(jobs))
            worse = len(traced) > 4  # the first trial has four batches
            return [1 + 0.2 * worse + 0.001 * number for number in range(len(jobs))]

        tune([mock.sentinel.logo] * 32, PRESETS["text"], "png", 2, seed=1, mapper=points)
        self.assertLess(len(traced), 8)

    def test_a_probe_changes_one_setting_at_a_time_and_says_by_how_much_that_is_worse(self):
        own = PRESETS["text"].settings

        def points(function, jobs):
            for _, preset, _ in jobs:
                changed = asdict(preset.settings).items() - asdict(own).items()
                self.assertLessEqual(len(changed), 1)
                yield 2 + abs(preset.settings.tolerance - own.tolerance)

        found = probe([mock.sentinel.logo] * 3, PRESETS["text"], "png", points)
        self.assertEqual(found["faults"], 2)
        below, above = (found["settings"]["tolerance"][own.tolerance * f] for f in (1 / 1.6, 1.6))
        self.assertAlmostEqual(below["more"], own.tolerance * (1 - 1 / 1.6))
        self.assertAlmostEqual(above["more"], own.tolerance * 0.6)
        self.assertEqual(above["error"], 0)
        self.assertEqual({v["more"] for v in found["settings"]["smoothing"].values()}, {0})

    def test_a_flat_preset_stays_flat_and_noise_is_smoothed_only_where_it_is(self):
        self.assertNotIn("gradient_error", searched(PRESETS["simple"].settings, "png"))
        self.assertNotIn("denoise_rounds", searched(PRESETS["gradient"].settings, "png"))
        self.assertIn("gradient_error", searched(PRESETS["gradient"].settings, "png"))
        self.assertIn("denoise_rounds", searched(PRESETS["gradient"].noisy, "jpeg"))
