from django.contrib.auth.models import User
from django.test import TestCase

from converter.models import Conversion, RoutingPolicy
from tests.converter.classifier import classifier_down, classifier_says
from tests.converter.test_page import upload

ADD = "/admin/converter/routingpolicy/add/"


class RoutingPolicyTests(TestCase):
    def setUp(self):
        self.client.force_login(User.objects.create_superuser("ada"))

    def store(self, **values):
        fields = {"simple": 0.4, "text": 0.4, "gradient": 0.4, "complex": 0.4, "note": "a trial"}
        return self.client.post(ADD, fields | {"fallback": "general"} | values, follow=True)

    def convert(self, logo_type, confidence):
        with classifier_says(logo_type, confidence):
            self.client.post("/", {"image": upload()})
        return Conversion.objects.first()

    def test_without_one_the_program_has_its_own(self):
        found = self.convert("text", 0.5)
        self.assertEqual((found.preset, found.policy), ("text", None))

    def test_each_type_has_its_threshold(self):
        self.store(text=0.8, fallback="complex")
        unsure, sure = self.convert("text", 0.7), self.convert("simple", 0.7)
        self.assertEqual((unsure.preset, sure.preset), ("complex", "simple"))
        self.assertIn("so the complex preset is used", unsure.reason)

    def test_the_newest_is_in_force_and_a_conversion_names_its_own(self):
        self.store(text=0.8)
        first = self.convert("text", 0.7)
        self.store(text=0.6)
        second = self.convert("text", 0.7)
        old, new = RoutingPolicy.objects.order_by("pk")
        self.assertEqual((first.policy, second.policy), (old.pk, new.pk))
        self.assertEqual((first.preset, second.preset), ("general", "text"))
        self.assertEqual(new.created_by, "ada")

    def test_the_fallback_serves_when_the_classifier_is_away(self):
        self.store(fallback="simple")
        with classifier_down():
            self.client.post("/", {"image": upload()})
        self.assertEqual(Conversion.objects.get().preset, "simple")

    def test_impossible_thresholds_are_refused(self):
        self.assertContains(self.store(text=1.2), "less than or equal to 1")
        self.assertFalse(RoutingPolicy.objects.exists())

    def test_none_can_be_changed_or_deleted(self):
        self.store()
        pk = RoutingPolicy.objects.get().pk
        address = f"/admin/converter/routingpolicy/{pk}"
        self.assertEqual(self.client.post(f"{address}/change/", {"text": 0.1}).status_code, 403)
        self.assertEqual(self.client.post(f"{address}/delete/", {"post": "yes"}).status_code, 403)

    def test_the_form_starts_from_the_policy_in_force(self):
        self.store(text=0.75)
        self.assertContains(self.client.get(ADD), 'value="0.75"')
