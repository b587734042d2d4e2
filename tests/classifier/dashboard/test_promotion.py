from django.contrib.auth.models import Permission
from django.urls import reverse

from classifier.models import LivePrediction, Promotion
from classifier.versions.promotion import promote
from converter.models import AuditEntry
from tests.classifier.dashboard.test_pages import DashboardTestCase
from tests.support.builders import make_user, make_version
from tests.support.versions import passing_metrics
from tests.support.work import patch_queue


class PromotionPageTests(DashboardTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.good = make_version("good", metrics=passing_metrics())
        cls.poor = make_version("poor", metrics=passing_metrics(right=0.3))

    def post(self, name, *args, **values):
        address = reverse(f"dashboard:{name}", args=args)
        return self.client.post(address, values, follow=True)

    def stage(self, version):
        version.refresh_from_db()
        return version.stage

    def be_releaser(self):
        user = make_user("releaser", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="change_modelversion"))
        self.client.force_login(user)

    def test_a_red_version_is_promoted_from_the_page_that_shows_why_not(self):
        page = self.get("version", self.poor.pk)
        gate = reverse("dashboard:version_gate", args=[self.poor.pk])
        self.assertContains(page, f'href="{gate}"')
        self.assertNotContains(page, "Promote to production")
        page = self.client.get(gate)
        self.assertContains(page, "checks failed")
        self.assertContains(page, "30.0% (wanted: above 85%)")
        self.assertContains(page, "Promote it nevertheless")

    def test_one_click_does_not_promote_a_red_version(self):
        response = self.post("version_promote", self.poor.pk)
        self.assertContains(response, "Say why", status_code=409)
        self.assertContains(response, "Promote it nevertheless", status_code=409)
        self.assertEqual(self.stage(self.poor), "candidate")
        self.assertFalse(AuditEntry.objects.filter(action="Promoted a version").exists())

    def test_a_written_reason_promotes_it(self):
        self.post("version_promote", self.poor.pk, reason="For the demonstration.")
        self.assertEqual(self.stage(self.poor), "production")
        page = self.get("history")
        self.assertContains(page, "For the demonstration.")
        self.assertContains(page, "Red: Accuracy: 30.0%")
        self.assertContains(page, "boss")

    def test_without_the_right_a_reason_is_not_enough(self):
        self.be_releaser()
        page = self.get("version_gate", self.poor.pk)
        self.assertContains(page, "override_gate")
        self.assertNotContains(page, "<textarea")
        response = self.post("version_promote", self.poor.pk, reason="Please.")
        self.assertContains(response, "Only somebody with the right", status_code=403)
        self.assertEqual(self.stage(self.poor), "candidate")

    def test_a_version_that_passes_needs_one_click(self):
        self.be_releaser()
        self.assertContains(self.get("version", self.good.pk), "Promote to production")
        self.post("version_promote", self.good.pk)
        self.assertEqual(self.stage(self.good), "production")

    def test_going_back_is_one_click_that_names_what_it_goes_back_to(self):
        better = make_version("better", metrics=passing_metrics())
        promote(self.good, self.admin)
        self.assertNotContains(self.get("history"), "Roll back to")
        promote(better, self.admin)
        for page in (self.get("version", better.pk), self.get("versions"), self.get("history")):
            self.assertContains(page, "Roll back to good")
        response = self.post("version_roll_back", to=self.good.pk)
        self.assertContains(response, "good serves again")
        self.assertEqual((self.stage(self.good), self.stage(better)), ("production", "retired"))

    def test_going_back_to_what_is_not_before_any_more_is_refused(self):
        promote(self.good, self.admin)
        response = self.post("version_roll_back", to=self.version.pk)
        self.assertContains(response, "look at the history again")

    def test_the_history_counts_the_answers_of_the_time(self):
        promote(self.good, self.admin)
        for right in (True, True, False, None):
            LivePrediction.objects.create(
                logo_type="text", confidence=0.9, certain=True, method="neural",
                model_version="good", milliseconds=3, right=right,
            )  # fmt: skip
        (record,) = self.get("history_numbers", "json").json()
        self.assertEqual((record["answers"], record["judged"], record["right"]), (4, 3, 2))
        page = self.get("version", self.good.pk)
        self.assertContains(page, "66.7%")
        self.assertContains(page, "3 of 4 answers")

    def test_an_empty_history_says_what_to_do(self):
        self.assertContains(self.get("history"), "Classify a logo once")

    def test_a_zero_character_in_a_reason_is_no_fault(self):
        self.post("version_promote", self.poor.pk, reason="a\x00b")
        self.assertEqual(Promotion.objects.get().reason, "ab")


class EvaluateBothTests(DashboardTestCase):
    def test_it_is_offered_where_two_were_measured_on_different_images(self):
        rival = make_version("one stranger")
        page = self.get("compare_versions", first=self.version.pk, second=rival.pk)
        self.assertContains(page, "Evaluate both on")
        self.assertContains(page, self.dataset.name)

    def test_workers_get_what_is_missing(self):
        send = patch_queue(self)
        rival = make_version("stranger")
        with self.captureOnCommitCallbacks(execute=True):
            response = self.client.post(
                reverse("dashboard:compare_evaluate"),
                {
                    "first": f"{self.version.pk}-neural",
                    "second": f"{rival.pk}-neural",
                    "dataset": self.dataset.pk,
                    "split": "test",
                },
            )
        self.assertIn(f"second={rival.pk}-neural", response["Location"])
        job = rival.evaluation_jobs.get()
        send.assert_called_once_with("evaluation", job.pk)  # the other one has its answers
        page = self.client.get(response["Location"])
        self.assertContains(page, "Load this page again")

    def test_nonsense_is_refused(self):
        address = reverse("dashboard:compare_evaluate")
        response = self.client.post(address, {"first": "x", "dataset": "²"}, follow=True)
        self.assertContains(response, "Choose two versions, a finished dataset")
