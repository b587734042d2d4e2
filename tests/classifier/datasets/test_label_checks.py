from datetime import timedelta
from io import StringIO
from unittest import mock

from django.core.management import CommandError, call_command
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from classifier.datasets.label_checks import (
    LabelCheckError,
    check_labels,
    start_label_check,
)
from classifier.models import LabelCheck
from tests.classifier.dashboard.test_pages import DashboardTestCase
from tests.support.work import do, mark_lost, taken


class LabelCheckTests(DashboardTestCase):
    def start(self) -> LabelCheck:
        with taken():
            return start_label_check(self.dataset)

    def test_it_fills_every_sample_of_the_splits(self):
        check = self.start()
        do("label_check", check.pk)
        check.refresh_from_db()
        self.assertEqual((check.status, check.error), ("succeeded", ""))
        checked = self.dataset.samples.exclude(split="")
        self.assertFalse(checked.filter(label_quality=None).exists())
        self.assertFalse(checked.filter(expected_label="").exists())

    def test_a_wrong_label_is_found(self):
        wrong = self.dataset.samples.filter(label="simple", split="train").first()
        self.dataset.samples.filter(pk=wrong.pk).update(label="complex")
        ranked = check_labels(self.dataset, lambda share: None)
        self.assertIn(wrong.pk, [sample.pk for sample in ranked[: len(ranked) // 10]])

    def test_one_at_a_time(self):
        self.start()
        with self.assertRaisesMessage(LabelCheckError, "being checked already"):
            self.start()

    def test_a_cancelled_check_changes_no_sample(self):
        check = self.start()

        def cancelled_while_looking(heartbeat):
            LabelCheck.objects.filter(pk=check.pk).cancel()
            heartbeat.beat()
            return heartbeat

        with (
            mock.patch("classifier.work.heartbeat.Heartbeat.__enter__", cancelled_while_looking),
            mock.patch("classifier.work.heartbeat.Heartbeat.__exit__", return_value=None),
        ):
            do("label_check", check.pk)
        check.refresh_from_db()
        self.assertEqual(check.status, "cancelled")
        self.assertFalse(self.dataset.samples.exclude(label_quality=None).exists())

    def test_too_few_logos_are_told(self):
        self.dataset.samples.filter(label="text").delete()
        check = self.start()
        do("label_check", check.pk)
        check.refresh_from_db()
        self.assertEqual(check.status, "failed")
        self.assertIn("too few logos", check.error)

    def test_a_silent_one_is_lost(self):
        check = self.start()
        check.begin()
        LabelCheck.objects.update(heartbeat_at=F("heartbeat_at") - timedelta(hours=1))
        self.assertEqual(mark_lost("label_check"), 1)
        check.refresh_from_db()
        self.assertEqual(check.status, "lost")

    def test_the_command_prints_the_most_suspicious_and_leaves_a_finished_check(self):
        out = StringIO()
        call_command("check_labels", dataset=self.dataset.name, count=3, stdout=out)
        self.assertEqual(len(out.getvalue().splitlines()), 3)
        self.assertEqual(LabelCheck.objects.get().status, "succeeded")

    def test_the_command_wants_a_finished_dataset(self):
        with self.assertRaisesMessage(CommandError, 'There is no dataset "nothing"; there are:'):
            call_command("check_labels", dataset="nothing")


class SuspiciousPageTests(DashboardTestCase):
    def sheet(self, **query) -> str:
        query = {"dataset": self.dataset.pk, "order": "suspicious", **query}
        return self.client.get(reverse("dashboard:audit", query=query)).content.decode()

    def test_it_offers_a_check_before_the_first_one(self):
        page = self.sheet()
        self.assertIn("Check the labels", page)
        self.assertIn("have not been checked by models yet", page)

    def test_a_button_starts_a_check_and_another_ends_it(self):
        start = reverse("dashboard:label_check_start", args=[self.dataset.pk])
        cancel = reverse("dashboard:label_check_cancel", args=[self.dataset.pk])
        with taken():
            page = self.client.post(start, follow=True)
        self.assertContains(page, "waits for a worker")
        self.client.post(cancel)
        self.assertEqual(LabelCheck.objects.get().status, "cancelled")

    def test_the_least_fitting_label_comes_first_with_what_models_say(self):
        samples = list(self.dataset.samples.filter(label="simple", split="test"))
        for position, sample in enumerate(samples):
            sample.label_quality, sample.expected_label = 0.9 - position / 100, "simple"
        samples[-1].expected_label = "gradient"
        type(samples[0]).objects.bulk_update(samples, ["label_quality", "expected_label"])
        LabelCheck.objects.create(
            dataset=self.dataset, status="succeeded", finished_at=timezone.now()
        )
        page = self.sheet(split="test")
        addresses = [reverse("dashboard:sample_image", args=[sample.pk]) for sample in samples]
        places = [page.index(address) for address in addresses]
        self.assertEqual(places, sorted(places, reverse=True))
        self.assertIn("models say <strong>gradient</strong>", page)
