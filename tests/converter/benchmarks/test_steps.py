import time
from unittest import mock

import httpx
from django.test import SimpleTestCase

from converter.benchmarks.cases import KINDS, WHITE, Case
from converter.benchmarks.drawing_tables import describe
from converter.benchmarks.steps import STEPS, Stopwatch, measure_steps
from tests.converter.benchmarks.logos import SOURCE
from tests.converter.classifier import answer, client


def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return seconds


class StopwatchTest(SimpleTestCase):
    def test_work_counts_and_waiting_does_not(self):
        watch = Stopwatch()
        watched = watch.watching("inside", work)
        with watch.step("outside"):
            time.sleep(0.1)
            self.assertEqual([watched(0.02), watched(0.02)], [0.02, 0.02])
        self.assertGreaterEqual(watch.milliseconds["inside"], 40)
        self.assertGreaterEqual(watch.milliseconds["outside"], watch.milliseconds["inside"])
        self.assertLess(watch.milliseconds["outside"], watch.milliseconds["inside"] + 50)


class MeasureStepsTest(SimpleTestCase):
    def test_every_step_of_a_conversion_is_there_and_they_add_up(self):
        logo = Case("name", "text", SOURCE.format("#2040c0", 40), WHITE)
        says = client(lambda request: httpx.Response(200, json=answer("text")))
        with mock.patch("converter.benchmarks.steps.classifier_client", return_value=says):
            found = measure_steps([logo], KINDS["png96"])
        self.assertEqual(set(found), {"text", "all"})
        steps = found["text"]
        self.assertEqual(set(steps), {*STEPS, "whole"})
        self.assertAlmostEqual(sum(steps[step] for step in STEPS), steps["whole"])
        self.assertGreater(min(steps["regions"], steps["outlines"], steps["fitting"]), 0)
        table = describe({"figures": {}, "missing_peers": [], "steps": found})
        self.assertIn("| CPU ms, median | read | classify | regions |", table)

    def test_without_logos_there_is_nothing(self):
        self.assertEqual(measure_steps([], KINDS["png96"]), {})
