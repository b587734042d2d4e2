from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse

from classifier.models import LabelCorrection
from converter.models import AuditEntry
from tests.classifier.evaluated import TemporaryRoot, make_dataset
from tests.converter.classifier import classifier_says
from tests.converter.test_page import upload


class AuditLogTests(TemporaryRoot, TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.sample = make_dataset().samples.first()
        cls.boss = User.objects.create_superuser("ada", password="an odd one")

    def setUp(self):
        self.client.force_login(self.boss)

    def relabel(self, label):
        address = reverse("dashboard:correct", args=[self.sample.pk])
        return self.client.post(address, {"label": label, "new_password": "x"})

    def test_a_change_is_noted_with_who_what_and_the_request(self):
        response = self.relabel("text")
        entry = AuditEntry.objects.get()
        self.assertEqual((entry.user, entry.action), ("ada", "dashboard:correct"))
        self.assertIn(f"/{self.sample.pk}/", entry.address)
        self.assertEqual(entry.values, {"label": "text"})
        self.assertEqual(entry.request_id, response["X-Request-ID"])

    def test_what_was_refused_changed_nothing(self):
        self.relabel("banana")
        self.client.force_login(User.objects.create_user("eve", is_staff=True))
        self.relabel("text")
        self.assertFalse(LabelCorrection.objects.exists())
        self.assertFalse(AuditEntry.objects.exists())

    def test_the_api_and_the_admin_are_audited_too(self):
        self.client.post("/api/v1/runs/999/cancel/")
        self.assertFalse(AuditEntry.objects.exists())
        values = {"simple": 0.5, "text": 0.5, "gradient": 0.5, "complex": 0.5, "note": "why"}
        self.client.post("/admin/converter/routingpolicy/add/", values | {"fallback": "general"})
        entry = AuditEntry.objects.get()
        self.assertEqual(entry.action, "admin:converter_routingpolicy_add")
        self.assertEqual(entry.values["note"], "why")

    def test_reading_and_converting_leave_no_entry(self):
        self.client.get("/dashboard/")
        with classifier_says("text"):
            self.client.post("/", {"image": upload()})
        self.assertFalse(AuditEntry.objects.exists())

    def test_it_is_read_in_the_admin_and_changed_by_nobody(self):
        self.relabel("text")
        pk = AuditEntry.objects.get().pk
        self.assertContains(self.client.get("/admin/converter/auditentry/"), "dashboard:correct")
        address = f"/admin/converter/auditentry/{pk}/delete/"
        self.assertEqual(self.client.post(address, {"post": "yes"}).status_code, 403)
