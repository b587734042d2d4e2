from django.contrib.auth.models import Permission, User
from django.test import TestCase

from classifier.models import Delivery, Notice, Retraining, Subscription, TrainingRun
from tests.classifier.api.test_resources import API
from tests.support.serving import ServingCase


class WatchingCase(ServingCase, TestCase):
    def setUp(self):
        super().setUp()
        self.staff = User.objects.create_user("staff", is_staff=True)
        self.client.force_login(self.staff)

    def get(self, address):
        return self.client.get(f"{API}/{address}")


class RetrainingTests(WatchingCase):
    def test_one_is_told_with_its_candidate(self):
        run = TrainingRun.objects.create(config={})
        version = self.make_version()
        type(version).objects.filter(pk=version.pk).update(run=run)
        row = Retraining.objects.create(run=run, status="succeeded", result={"accuracy": 0.9})
        answer = self.get(f"retrainings/{row.pk}/").json()
        self.assertEqual((answer["candidate"], answer["run"]), (version.pk, run.pk))
        self.assertEqual(answer["result"], {"accuracy": 0.9})

    def test_they_are_listed_by_status(self):
        waiting = Retraining.objects.create()
        Retraining.objects.create(status="failed", error="No dataset.")
        rows = self.get("retrainings/?status=queued").json()["results"]
        self.assertEqual([(row["id"], row["candidate"]) for row in rows], [(waiting.pk, None)])


class NoticeTests(WatchingCase):
    def setUp(self):
        super().setUp()
        self.notice = Notice.objects.create(event="drift", subject="Drift", text="Look.")
        subscription = Subscription.objects.create(
            channel="mail", address="a@example.org", events=["drift"], secret="not for readers"
        )
        Delivery.objects.create(notice=self.notice, subscription=subscription, next_at=None)

    def test_it_takes_the_right_to_see_subscriptions(self):
        self.assertEqual(self.get("notices/").status_code, 403)

    def test_one_is_told_with_its_deliveries_and_without_the_key(self):
        right = Permission.objects.get(codename="view_subscription")
        self.staff.user_permissions.add(right)
        answer = self.get(f"notices/{self.notice.pk}/")
        (delivery,) = answer.json()["deliveries"]
        self.assertEqual(delivery["address"], "a@example.org")
        self.assertEqual(delivery["state"], "given up")
        self.assertNotContains(answer, "not for readers")
