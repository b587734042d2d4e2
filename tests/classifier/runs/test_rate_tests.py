import io
import re
from datetime import timedelta
from unittest import mock

from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from classifier.conf import conf
from classifier.models import RateTest, TrainingRun
from classifier.runs.analyses import analysis_of
from classifier.runs.lifecycle import RunError
from classifier.runs.rate_tests import (
    cancel_rate_test,
    create_rate_test,
    rate_test_of,
    start_rate_test,
)
from classifier.training.config import InvalidConfigError
from classifier.training.range_test import RangeTest
from classifier.training.reporting import SilentObserver
from tests.classifier.dashboard.test_pages import DashboardTestCase
from tests.classifier.runs.test_execution import TINY, ExecutionTestCase
from tests.support.work import do, mark_lost, taken

Status = TrainingRun.Status
FOUND = RangeTest([(1e-4, 1.4), (1e-3, 1.0), (1e-2, 0.9)], 1e-3, 1e-1)


class Cancels(SilentObserver):
    """Cancels a test as a person would, after its first step."""

    def __init__(self, test):
        self.test = test

    def on_progress(self, stage, progress, seconds_left):
        cancel_rate_test(self.test)

    def should_stop(self):
        return RateTest.objects.get(pk=self.test.pk).status == Status.CANCELLING


class RateTestTests(ExecutionTestCase):
    def setUp(self):
        super().setUp()
        self.test = create_rate_test(self.dataset, TINY, 20)

    def test_it_stores_a_curve_of_a_real_training(self):
        test = do("rate_test", self.test.pk)
        self.assertEqual((test.status, test.error, test.progress), (Status.SUCCEEDED, "", 1.0))
        self.assertGreater(len(test.curve), 10)
        self.assertIsNone(do("rate_test", self.test.pk))

    def test_a_cancelled_test_stops(self):
        test = do("rate_test", self.test.pk, Cancels(self.test))
        self.assertEqual((test.status, test.curve), (Status.CANCELLED, []))

    def test_a_queued_test_is_taken_back(self):
        cancel_rate_test(self.test)
        self.assertIsNone(do("rate_test", self.test.pk))

    def test_impossible_settings_are_refused(self):
        for steps in (19, 1001):
            with self.assertRaisesMessage(InvalidConfigError, "steps"):
                create_rate_test(self.dataset, TINY, steps)
        self.dataset.samples.filter(label="text", split="train").delete()
        with self.assertRaisesMessage(InvalidConfigError, "no text images"):
            create_rate_test(self.dataset, TINY)
        self.dataset.status = "building"
        with self.assertRaisesMessage(RunError, "not ready"):
            create_rate_test(self.dataset, TINY)

    def test_an_unreachable_queue_fails_the_test_with_advice(self):
        with (
            taken(OperationalError("")),
            self.captureOnCommitCallbacks(execute=True),
        ):
            test = start_rate_test(self.dataset, TINY)
        test.refresh_from_db()
        self.assertEqual(test.status, Status.FAILED)
        self.assertIn("queue could not be reached", test.error)

    def test_a_silent_test_is_lost(self):
        self.assertIsNotNone(self.test.begin())
        self.assertEqual(mark_lost("rate_test"), 0)
        old = timezone.now() - timedelta(seconds=conf.HEARTBEAT_TIMEOUT_SECONDS + 1)
        RateTest.objects.update(heartbeat_at=old)
        self.assertEqual(mark_lost("rate_test"), 1)
        self.test.refresh_from_db()
        self.assertEqual(self.test.status, Status.LOST)

    def test_the_command_prints_the_rate(self):
        output = io.StringIO()
        arguments = ("--dataset", "drawn", "--steps", "20", "--set", "input_size=32")
        found = mock.patch("classifier.training.range_test.find_learning_rate", return_value=FOUND)
        with found:
            call_command("find_learning_rate", *arguments, "batch_size=8", stdout=output)
        self.assertTrue(re.search(r"learning_rate=0.001, .* blew up at 0.1", output.getvalue()))
        with self.assertRaisesMessage(CommandError, "batch_size: 32 is larger"):
            call_command("find_learning_rate", *arguments)
        with self.assertRaisesMessage(CommandError, "there are: drawn"):
            call_command("find_learning_rate", "--dataset", "other")


class RunWithRateTestTests(DashboardTestCase):
    def setUp(self):
        super().setUp()
        self.test = RateTest.objects.create(
            dataset=self.dataset,
            dataset_fingerprint=self.dataset.fingerprint,
            config=self.run_row.config,
            status=Status.SUCCEEDED,
            curve=FOUND.curve,
            suggested_rate=1e-5,
            diverged_rate=1e-4,
        )

    def names(self):
        return [finding["name"] for finding in analysis_of(self.run_row)["findings"]]

    def test_the_analysis_compares_the_rate_with_the_test(self):
        self.assertIn("rate_above_test", self.names())

    def test_a_test_of_other_settings_says_nothing(self):
        RateTest.objects.update(config={**self.run_row.config, "backbone": "efficientnet_lite0"})
        self.assertIsNone(rate_test_of(self.run_row))
        self.assertNotIn("rate_above_test", self.names())

    def test_its_page_shows_the_curve_and_the_rate(self):
        self.assertContains(self.get("rate_test", self.test.pk), "1e-05")
        self.assertNotContains(self.get("rate_test_state", self.test.pk), "hx-trigger")
        records = self.get("rate_test_numbers", self.test.pk, "json").json()
        self.assertEqual(records[0], {"rate": 1e-4, "loss": 1.4})
        self.assertContains(self.get("run", self.run_row.pk), "suggests 1e-05")

    def test_a_working_test_asks_for_its_state_again_and_can_be_cancelled(self):
        RateTest.objects.update(status=Status.RUNNING, progress=0.5)
        response = self.get("rate_test", self.test.pk)
        self.assertContains(response, 'hx-trigger="every 2s"')
        self.client.post(reverse("dashboard:rate_test_cancel", args=[self.test.pk]))
        self.test.refresh_from_db()
        self.assertEqual(self.test.status, Status.CANCELLING)

    def test_a_run_s_page_starts_one(self):
        address = reverse("dashboard:rate_test_start", args=[self.run_row.pk])
        config = {**self.run_row.config, "batch_size": 4}
        TrainingRun.objects.filter(pk=self.run_row.pk).update(config=config)
        with (
            taken() as send,
            self.captureOnCommitCallbacks(execute=True),
        ):
            self.client.post(address)
        test = RateTest.objects.first()
        self.assertEqual(test.config, config)
        send.assert_called_once_with("rate_test", test.pk)
