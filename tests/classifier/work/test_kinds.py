from datetime import timedelta

from django.db import models
from django.test import SimpleTestCase, TestCase
from django.utils import timezone

import classifier.models
from classifier.conf import conf
from classifier.models import ClaimedWork, EnsembleBuild, LabelCheck
from classifier.work.errors import UnknownKindError
from classifier.work.kinds import QUEUES, Kind, all_kinds, kind_named, kind_of, register
from classifier.work.metrics import WorkStates
from classifier.work.queue import TASK, route_task
from classifier.work.reaper import mark_lost_work
from tests.support.builders import make_dataset


class RegistryTests(SimpleTestCase):
    def test_every_row_that_workers_claim_has_a_kind(self):
        rows = {
            model
            for model in vars(classifier.models).values()
            if isinstance(model, type)
            and issubclass(model, models.Model)
            and issubclass(model, ClaimedWork)
            and not model._meta.abstract
        }
        self.assertEqual({kind.row for kind in all_kinds()}, rows)

    def test_every_kind_says_what_people_read_and_where_it_goes(self):
        for kind in all_kinds():
            with self.subTest(kind.name):
                self.assertTrue(kind.again and kind.lost and kind.stopped)
                self.assertIn(kind.queue, QUEUES)
                self.assertIn(kind.lost_status, kind.row.Status.values)

    def test_a_second_kind_of_the_same_rows_is_refused(self):
        class Other(Kind):
            name = "other"
            row = LabelCheck

        with self.assertRaisesMessage(ValueError, "LabelCheck already"):
            register(Other)

    def test_what_is_no_work_has_no_kind(self):
        with self.assertRaises(UnknownKindError):
            kind_named("dishes")
        with self.assertRaises(UnknownKindError):
            kind_of(classifier.models.Dataset())


class RouteTests(SimpleTestCase):
    def test_work_goes_to_the_queue_of_its_kind(self):
        self.assertEqual(route_task(TASK, ("rate_test", 1), {}, {}), {"queue": "training"})
        self.assertEqual(route_task(TASK, ["augmentation_preview", 1]), {"queue": "short"})

    def test_it_leaves_other_tasks_to_others(self):
        for name, args in (("host.tasks.other", ("rate_test", 1)), (TASK, ()), (TASK, ("x", 1))):
            self.assertIsNone(route_task(name, args, {}, {}, None))


class ReaperTests(TestCase):
    def test_work_of_every_kind_is_found_lost(self):
        old = timezone.now() - timedelta(seconds=conf.HEARTBEAT_TIMEOUT_SECONDS + 1)
        silent = {"status": "running", "heartbeat_at": old}
        build = EnsembleBuild.objects.create(members=["a", "b"], **silent)
        check = LabelCheck.objects.create(dataset=make_dataset(), **silent)
        self.assertEqual(mark_lost_work(), 2)
        for row in (build, check):
            row.refresh_from_db()
            self.assertEqual(row.status, "lost")
            self.assertIn("fell silent", row.error)
        self.assertEqual(mark_lost_work(), 0)


class MetricsTests(TestCase):
    def test_every_kind_is_counted(self):
        EnsembleBuild.objects.create(members=["a", "b"])
        states, _ = WorkStates().collect()
        counted = {(s.labels["kind"], s.labels["status"]): s.value for s in states.samples}
        self.assertEqual({kind for kind, _ in counted}, {kind.name for kind in all_kinds()})
        self.assertEqual(counted["ensemble", "queued"], 1)
