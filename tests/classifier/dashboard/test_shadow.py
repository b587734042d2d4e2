from django.urls import reverse

from classifier.models import LivePrediction, ModelVersion, ShadowPrediction
from classifier.versions.promotion import set_shadow
from tests.classifier.dashboard.test_pages import DashboardTestCase
from tests.classifier.dashboard.test_traffic import answered
from tests.support.builders import make_user, make_version


class ShadowPageTestCase(DashboardTestCase):
    def shadow_says(self, version, *pairs):
        for live, other in pairs:
            prediction = answered(live)[0]
            ShadowPrediction.objects.create(
                prediction=prediction, version=version, logo_type=other, confidence=0.7
            )

    def post(self, name, *args, **values):
        return self.client.post(reverse(f"dashboard:{name}", args=args), values, follow=True)

    def test_without_a_shadow_it_offers_the_candidates(self):
        response = self.get("shadow")
        self.assertContains(response, "No version runs as shadow")
        self.assertContains(response, "Run as shadow")

    def test_without_a_candidate_it_says_where_one_comes_from(self):
        ModelVersion.objects.update(stage="retired")
        self.assertContains(self.get("shadow"), "There is no candidate")

    def test_a_shadow_is_started_and_ended(self):
        self.assertContains(self.post("shadow_start", version=self.version.pk), "runs as shadow")
        self.assertContains(self.get("shadow"), "was asked nothing yet")
        self.version.refresh_from_db()
        self.assertEqual(self.version.stage, "shadow")
        response = self.post("shadow_end", self.version.pk)
        self.assertContains(response, "a candidate again")
        self.assertContains(self.post("shadow_end", self.version.pk), "does not run as shadow")

    def test_what_cannot_be_the_shadow_says_why(self):
        ModelVersion.objects.update(stage="retired")
        self.assertContains(self.post("shadow_start", version=self.version.pk), "Only a candidate")
        for wrong in ("", "x", "999999"):
            self.assertEqual(self.post("shadow_start", version=wrong).status_code, 404)

    def test_it_takes_the_right_of_a_releaser(self):
        self.client.force_login(make_user("staff", is_staff=True))
        self.assertNotContains(self.get("shadow"), "Run as shadow")
        self.assertEqual(self.post("shadow_start", version=self.version.pk).status_code, 403)
        self.assertEqual(self.post("shadow_end", self.version.pk).status_code, 403)

    def test_agreement_is_counted_by_type(self):
        set_shadow(self.version)
        self.shadow_says(self.version, ("text", "text"), ("text", "simple"), ("simple", "simple"))
        context = self.get("shadow").context
        self.assertAlmostEqual(context["agreement"], 2 / 3)
        text = next(row for row in context["matrix"] if row["live"] == "text")
        self.assertEqual([cell["count"] for cell in text["cells"]], [1, 1, 0, 0])
        differing = list(context["page"])
        self.assertEqual(
            [(d.prediction.logo_type, d.logo_type) for d in differing], [("text", "simple")]
        )
        records = self.get("shadow_numbers", self.version.pk, "json").json()
        self.assertIn({"answered": "text", "shadow": "simple", "count": 1}, records)

    def test_callers_tell_who_is_right(self):
        set_shadow(self.version)
        self.shadow_says(self.version, ("text", "text"), ("text", "simple"), ("simple", "complex"))
        for live, other, right, true_type in (
            ("text", "text", True, ""),
            ("text", "simple", False, "simple"),
            ("simple", "complex", False, ""),
        ):
            LivePrediction.objects.filter(logo_type=live, shadows__logo_type=other).update(
                right=right, true_type=true_type
            )
        totals = self.get("shadow").context["totals"]
        self.assertEqual(
            (totals["judged"], totals["live_right"], totals["shadow_right"]), (3, 1, 2)
        )

    def test_answers_of_an_earlier_shadow_can_be_read(self):
        self.shadow_says(self.version, ("text", "text"))
        other = make_version("other")
        set_shadow(other)
        self.assertEqual(self.get("shadow").context["version"], other)
        response = self.get("shadow", version=self.version.pk)
        self.assertEqual(response.context["totals"]["count"], 1)
