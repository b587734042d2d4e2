from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from classifier.models import EnsembleBuild, VariantMeasurement
from tests.support.builders import make_admin, make_user, make_version


class WorkPageTests(TestCase):
    def setUp(self):
        self.client.force_login(make_admin())

    def get(self, name="work", *args):
        return self.client.get(reverse(f"dashboard:{name}", args=args))

    def test_it_shows_what_waits_and_what_failed(self):
        EnsembleBuild.objects.create(members=["a", "b"])
        EnsembleBuild.objects.create(
            members=["c", "d"], status="failed", error="Too odd.", finished_at=timezone.now()
        )
        for name in ("work", "work_tables"):
            page = self.get(name)
            self.assertContains(page, "Ensemble of a, b")
            self.assertContains(page, "Too odd.")

    def test_it_says_that_nothing_waits(self):
        self.assertContains(self.get(), "Nothing waits")

    def test_queued_work_is_taken_back_from_there(self):
        build = EnsembleBuild.objects.create(members=["a", "b"])
        address = reverse("dashboard:work_cancel", args=["ensemble", build.pk])
        self.assertRedirects(self.client.post(address), reverse("dashboard:work"))
        build.refresh_from_db()
        self.assertEqual(build.status, "cancelled")

    def test_cancelling_comes_back_to_the_page_that_asked_and_nowhere_else(self):
        build = EnsembleBuild.objects.create(members=["a", "b"])
        address = reverse("dashboard:work_cancel", args=["ensemble", build.pk])
        here = "http://testserver" + reverse("dashboard:versions")
        self.assertEqual(self.client.post(address, headers={"Referer": here})["Location"], here)
        away = self.client.post(address, headers={"Referer": "https://elsewhere.example/"})
        self.assertEqual(away["Location"], reverse("dashboard:work"))

    def test_who_only_looks_cannot_cancel(self):
        build = EnsembleBuild.objects.create(members=["a", "b"])
        self.client.force_login(make_user("staff", is_staff=True))
        self.assertNotContains(self.get(), "Cancel</button>")
        address = reverse("dashboard:work_cancel", args=["ensemble", build.pk])
        self.assertEqual(self.client.post(address).status_code, 403)

    def test_a_card_asks_for_itself_until_the_work_is_over(self):
        build = EnsembleBuild.objects.create(members=["a", "b"], status="running", progress=0.5)
        card = self.get("work_state", "ensemble", build.pk)
        self.assertContains(card, "50")
        self.assertContains(card, "hx-get")
        EnsembleBuild.objects.update(status="succeeded")
        self.assertEqual(self.get("work_state", "ensemble", build.pk)["HX-Refresh"], "true")

    def test_an_unknown_kind_is_not_found(self):
        self.assertEqual(self.get("work_state", "dishes", 1).status_code, 404)

    def test_a_version_s_page_shows_a_measurement_that_failed(self):
        version = make_version()
        VariantMeasurement.objects.create(
            version=version, status="failed", error="The dataset is not here."
        )
        self.assertContains(self.get("variants", version.pk), "The dataset is not here.")
