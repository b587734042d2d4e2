from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from classifier.evaluation.drift import LEAST_COUNT
from classifier.live.drift import drift_of, validation_figures
from classifier.logo_types import CLASS_NAMES
from classifier.models import Evaluation, LivePrediction, ModelVersion
from classifier.versions.promotion import put_in_production
from tests.classifier.dashboard.test_pages import DashboardTestCase
from tests.support.builders import make_evaluation, make_user


def answered(logo_type="simple", count=1, confidence=0.9, days_ago=0.0, **values):
    moment = timezone.now() - timedelta(days=days_ago)
    fields = {"certain": True, "method": "neural", "model_version": "tiny", "milliseconds": 5.0}
    return LivePrediction.objects.bulk_create(
        LivePrediction(
            logo_type=logo_type, confidence=confidence, created_at=moment, **(fields | values)
        )
        for _ in range(count)
    )


class TrafficCase(DashboardTestCase):
    def setUp(self):
        super().setUp()
        put_in_production(self.version)
        # Traffic of the last days came after the promotion.
        promoted = timezone.now() - timedelta(days=60)
        ModelVersion.objects.filter(pk=self.version.pk).update(promoted_at=promoted)
        self.version.refresh_from_db()

    def numbers(self, table, **query):
        return self.get("traffic_numbers", table, "json", **query).json()


class TrafficTestCase(TrafficCase):
    def test_without_traffic_it_says_how_to_ask(self):
        response = self.get("overview")
        self.assertContains(response, "Nobody asked in these 7 days")
        self.assertContains(response, "curl -F image=@logo.png")
        for table in ("types", "methods", "latency", "confidences"):
            self.assertEqual(self.numbers(table), [], table)

    def test_it_sums_up_the_period(self):
        answered("text", 3, certain=False)
        answered("simple", 1, cached=True, right=True)
        answered("simple", 1, days_ago=3, right=False, milliseconds=25.0)
        answered("complex", 4, days_ago=20)
        context = self.get("overview").context
        self.assertEqual(context["traffic"]["answers"], 5)
        shares = dict(context["shares"])
        self.assertEqual(shares["Not certain"], 0.6)
        self.assertEqual(shares["From memory"], 0.2)
        self.assertEqual(shares["Right, of those judged"], 0.5)
        self.assertEqual(context["latency"][0], 5.0)
        self.assertEqual(self.get("overview", days=30).context["traffic"]["answers"], 9)
        self.assertEqual(self.get("overview", days=1).context["traffic"]["answers"], 4)
        self.assertEqual(self.get("overview", days="x").context["days"], 7)

    def test_counts_come_by_day(self):
        answered("text", 2)
        answered("simple", 1, days_ago=2, method="rules")
        rows = {(row["type"], row["count"]) for row in self.numbers("types")}
        self.assertEqual(rows, {("text", 2), ("simple", 1)})
        self.assertEqual([row["method"] for row in self.numbers("methods")], ["rules", "neural"])
        self.assertEqual([row["count"] for row in self.numbers("latency")], [1, 2])

    def test_times_leave_out_answers_from_memory(self):
        answered(count=99, milliseconds=10.0)
        answered(count=50, milliseconds=0.1, cached=True)
        row = self.numbers("latency")[0]
        self.assertEqual((row["p50"], row["p95"], row["count"]), (10.0, 10.0, 99))

    def test_only_staff_see_the_numbers(self):
        address = reverse("dashboard:traffic_numbers", args=["types", "csv"])
        self.assertEqual(self.client.get(address).status_code, 200)
        self.assertEqual(self.get("traffic_numbers", "wages", "csv").status_code, 404)
        self.client.force_login(make_user("guest"))
        self.assertEqual(self.client.get(address).status_code, 403)


class DriftTestCase(TrafficCase):
    def drift(self):
        return drift_of(self.version, timezone.now() - timedelta(days=7))

    def like_validation(self, count=LEAST_COUNT):
        """Let live traffic have the types and confidences of the validation split."""
        predictions = make_evaluation(self.version, self.dataset, "val").predictions.all()
        for _ in range(count // len(predictions) + 1):
            for prediction in predictions:
                answered(prediction.answer, confidence=prediction.confidence)

    def test_without_a_validation_it_says_how_to_get_one(self):
        self.assertFalse(self.drift().known)
        response = self.get("overview")
        self.assertContains(response, "Evaluate on the validation split of drawn")
        self.client.force_login(make_user("staff", is_staff=True))
        self.assertNotContains(self.get("overview"), "Evaluate on the validation split of drawn")

    def test_the_manifest_serves_where_there_is_no_evaluation(self):
        figures = make_evaluation(self.version, self.dataset, "val").metrics
        self.version.evaluations.filter(split="val").delete()
        self.version.manifest["metrics"] = {"val": figures}
        self.assertEqual(validation_figures(self.version), (figures, "neural"))
        self.version.manifest["metrics"] = {"val": {"accuracy": 1.0}}
        self.assertIsNone(validation_figures(self.version))

    def test_equal_traffic_is_no_drift(self):
        self.like_validation()
        drift = self.drift()
        self.assertEqual([shift.verdict for shift in drift.shifts], ["none", "none"])
        self.assertEqual(drift.warnings, [])
        self.assertContains(self.get("overview"), "no shift")

    def test_other_types_and_confidences_are_warned_of(self):
        self.like_validation()
        answered("complex", 3 * LEAST_COUNT, confidence=0.41)
        drift = self.drift()
        self.assertEqual([shift.verdict for shift in drift.warnings], ["major", "major"])
        response = self.get("overview")
        self.assertContains(response, "The types of live answers have left the validation")
        self.assertEqual([r["bin"] for r in self.numbers("type-shares")], list(CLASS_NAMES))

    def test_much_that_does_not_look_like_a_logo_is_warned_of(self):
        self.like_validation()
        for familiar in (True, False):
            answered("text", LEAST_COUNT, familiar=familiar)
        warned = {shift.name: shift.verdict for shift in self.drift().warnings}
        self.assertEqual(warned["familiarities"], "major")
        shares = dict(self.get("overview").context["shares"])
        self.assertGreater(shares["Unlike a logo"], 0.3)

    def test_few_answers_say_nothing(self):
        make_evaluation(self.version, self.dataset, "val")
        answered("complex", LEAST_COUNT - 1, confidence=0.4)
        self.assertEqual([shift.verdict for shift in self.drift().shifts], ["unknown"] * 2)
        self.assertContains(self.get("overview"), "needs 1 more answer<")

    def test_repeated_files_older_answers_and_other_versions_are_left_out(self):
        self.like_validation()
        answered("complex", 3 * LEAST_COUNT, confidence=0.41, cached=True)
        answered("complex", 3 * LEAST_COUNT, confidence=0.41, days_ago=8)
        self.assertEqual(self.drift().warnings, [])
        answered("simple", 3 * LEAST_COUNT, confidence=0.41, model_version="other")
        confidences = self.drift().shifts[1]
        self.assertEqual(confidences.verdict, "none")

    def test_confidences_of_a_selection_are_not_compared(self):
        self.like_validation()
        answered("simple", 50, method="rules", model_version="")
        drift = self.drift()
        self.assertEqual([shift.name for shift in drift.shifts], ["types"])
        self.assertContains(self.get("overview"), "its confidences are not compared")
        self.assertEqual(self.numbers("confidences"), [])

    def test_they_are_compared_with_an_evaluation_of_the_hybrid_method(self):
        self.like_validation()
        evaluation = make_evaluation(self.version, self.dataset, "val")
        Evaluation.objects.filter(pk=evaluation.pk).update(method="hybrid")
        LivePrediction.objects.update(method="rules", model_version="")
        self.assertEqual([s.verdict for s in self.drift().shifts], ["none", "none"])

    def test_what_came_before_the_promotion_is_left_out(self):
        self.like_validation()
        answered("complex", 3 * LEAST_COUNT, confidence=0.41, days_ago=2)
        self.version.promoted_at = timezone.now() - timedelta(days=1)
        self.assertEqual(self.drift().warnings, [])
