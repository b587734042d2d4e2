from datetime import timedelta
from unittest import mock

from django.test import TestCase
from django.utils import timezone

from classifier.live.drift import Drift, Shift
from classifier.live.watching import tell_of_drift
from classifier.models import Delivery, Notice, Subscription, TrainingRun
from classifier.notices.subscribing import EVENTS, subscribe
from classifier.runs.notices import tell_of_run
from classifier.work.kinds import End
from classifier.work.reaper import mark_lost_work
from tests.support.serving import ServingCase
from tests.support.versions import passing_metrics


class NoticesOfRunsTests(ServingCase, TestCase):
    def setUp(self):
        super().setUp()
        subscribe("mail", "a@example.org", EVENTS, None)
        self.run_row = TrainingRun.objects.create(config={}, status="succeeded")

    def events(self):
        return [notice.event for notice in Notice.objects.order_by("pk")]

    def make_version_of_run(self, **values):
        version = self.make_version(**values)
        version.run = self.run_row
        version.save()
        return version

    def test_a_run_that_failed_is_told_with_its_reason(self):
        TrainingRun.objects.update(status="failed")
        tell_of_run(self.run_row.pk, End("failed", "The disk is full."))
        notice = Notice.objects.get()
        self.assertIn("The disk is full.", notice.text)
        self.assertEqual((notice.event, notice.data["status"]), ("run.ended", "failed"))

    def test_a_version_that_passes_is_told_of(self):
        self.make_version_of_run(metrics=passing_metrics())
        tell_of_run(self.run_row.pk, End("succeeded"))
        self.assertEqual(self.events(), ["run.ended", "version.passed"])
        self.assertEqual(Notice.objects.get(event="version.passed").data["accuracy"], 1.0)

    def test_a_version_that_does_not_pass_is_not(self):
        self.make_version_of_run(metrics=passing_metrics(right=0.5))
        tell_of_run(self.run_row.pk, End("succeeded"))
        self.assertEqual(self.events(), ["run.ended"])

    def test_lost_work_is_told_of(self):
        long_ago = timezone.now() - timedelta(hours=1)
        TrainingRun.objects.update(status="running", heartbeat_at=long_ago)
        self.assertEqual(mark_lost_work(), 1)
        notice = Notice.objects.get()
        self.assertEqual((notice.event, notice.data["lost"]), ("work.lost", {"training_run": 1}))
        self.assertEqual(mark_lost_work(), 0)
        self.assertEqual(Notice.objects.count(), 1)

    def test_a_major_drift_is_told_of_once(self):
        self.serve("serving")
        major = Shift("types", ["a", "b"], [500, 500], [980, 20])
        small = Shift("confidences", ["a", "b"], [500, 500], [510, 490])
        with mock.patch(
            "classifier.live.watching.drift_of", return_value=Drift(True, shifts=[major, small])
        ):
            tell_of_drift()
            tell_of_drift()
        self.assertEqual(self.events(), ["drift"])
        self.assertEqual(Notice.objects.get().data["shift"], "types")
        self.assertEqual(Delivery.objects.count(), 1)

    def test_without_subscribers_nothing_is_kept(self):
        Subscription.objects.all().delete()
        tell_of_run(self.run_row.pk, End("succeeded"))
        self.assertFalse(Notice.objects.exists())
