from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import TestCase

from classifier.models import TrainingRun

_READ = ("/dashboard/", "/dashboard/runs/", "/dashboard/versions/", "/dashboard/datasets/")
_READ_API = ("/api/v1/datasets/", "/api/v1/runs/", "/api/v1/versions/", "/api/v1/evaluations/")


class RoleTests(TestCase):
    def log_in(self, role, staff=True):
        user = get_user_model().objects.create_user(f"a-{role}", password="x", is_staff=staff)
        if role:
            user.groups.add(Group.objects.get(name=role))
        self.client.force_login(user)

    def make_run(self):
        return TrainingRun.objects.create(config={}, status=TrainingRun.Status.RUNNING)

    def assert_reads(self, status):
        for path in (*_READ, *_READ_API):
            self.assertEqual(self.client.get(path).status_code, status, path)

    def statuses(self):
        """Try what trainers and releasers do; 404 and 400 come after the permission check."""
        run = self.make_run().pk
        return {
            "start": self.client.post("/api/v1/runs/", {}, "application/json").status_code,
            "cancel": self.client.post(f"/api/v1/runs/{run}/cancel/").status_code,
            "cancel on page": self.client.post(f"/dashboard/runs/{run}/cancel/").status_code,
            "evaluate": self.client.post("/dashboard/versions/99/evaluate/").status_code,
            "promote": self.client.post("/api/v1/versions/99/promote/").status_code,
            "promote on page": self.client.post("/dashboard/versions/99/promote/").status_code,
        }

    def test_strangers_see_the_sign_in_page_or_a_refusal(self):
        for path in _READ:
            self.assertRedirects(self.client.get(path), f"/accounts/login/?next={path}")
        for path in _READ_API:
            self.assertIn(self.client.get(path).status_code, (401, 403), path)

    def test_people_without_staff_status_are_refused(self):
        self.log_in("trainer", staff=False)
        for path in (*_READ, *_READ_API):
            self.assertEqual(self.client.get(path).status_code, 403, path)

    def test_viewers_look_and_change_nothing(self):
        self.log_in("viewer")
        self.assert_reads(200)
        self.assertEqual(set(self.statuses().values()), {403})

    def test_trainers_start_cancel_and_evaluate_but_do_not_promote(self):
        self.log_in("trainer")
        self.assert_reads(200)
        statuses = self.statuses()
        self.assertEqual(statuses["start"], 400)
        self.assertEqual(statuses["cancel"], 200)
        self.assertEqual(statuses["cancel on page"], 302)
        self.assertEqual(statuses["evaluate"], 404)
        self.assertEqual((statuses["promote"], statuses["promote on page"]), (403, 403))

    def test_releasers_promote_but_do_not_train(self):
        self.log_in("releaser")
        self.assert_reads(200)
        statuses = self.statuses()
        self.assertEqual((statuses["promote"], statuses["promote on page"]), (404, 404))
        for name in ("start", "cancel", "cancel on page", "evaluate"):
            self.assertEqual(statuses[name], 403, name)
