import io
import json
import zipfile
from unittest import mock

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import TestCase
from django.urls import reverse

from classifier.models import LabelCorrection
from converter.models import AuditEntry
from converter.monitoring.words import _WORDS
from tests.converter.classifier import classifier_says
from tests.converter.images import encoded, logo
from tests.converter.test_page import upload
from tests.support.builders import TemporaryRoot, make_dataset
from tests.test_access import RELEASERS, TRAINERS


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
        self.assertEqual((entry.user, entry.action), ("ada", "Corrected a label"))
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
        self.assertEqual(entry.action, "Added: routing policy")
        self.assertEqual(entry.values["note"], "why")

    def test_reading_and_converting_leave_no_entry(self):
        self.client.get("/dashboard/")
        with classifier_says("text"):
            self.client.post("/", {"image": upload()})
        self.assertFalse(AuditEntry.objects.exists())

    def test_it_is_read_in_the_admin_and_changed_by_nobody(self):
        self.relabel("text")
        pk = AuditEntry.objects.get().pk
        self.assertContains(self.client.get("/admin/converter/auditentry/"), "Corrected a label")
        address = f"/admin/converter/auditentry/{pk}/delete/"
        self.assertEqual(self.client.post(address, {"post": "yes"}).status_code, 403)

    def test_a_change_without_its_entry_is_no_change(self):
        self.client.raise_request_exception = False
        with mock.patch.object(AuditEntry.objects, "create", side_effect=DatabaseError("full")):
            self.assertEqual(self.relabel("text").status_code, 500)
        self.assertFalse(LabelCorrection.objects.exists())

    def test_where_it_came_from_is_noted(self):
        self.relabel("text")
        self.assertEqual(AuditEntry.objects.get().source, "127.0.0.1")

    def test_zero_characters_are_no_obstacle(self):
        address = reverse("dashboard:correct", args=[self.sample.pk])
        self.client.post(address, {"label": "text", "x": "a\x00b", "y\x00": "1"})
        self.assertNotIn("\x00", json.dumps(AuditEntry.objects.get().values))
        self.assertIn("x", AuditEntry.objects.get().values)

    def test_json_and_files_are_noted_by_their_values_and_names(self):
        run = {"dataset": self.sample.dataset_id, "config": {"batch_size": 16}, "api_token": "hush"}
        response = self.client.post("/api/v1/runs/", run, content_type="application/json")
        self.assertEqual(response.status_code, 201, response.content)
        entry = AuditEntry.objects.get()
        self.assertEqual(entry.action, "Started a training run")
        self.assertEqual(entry.values["config.batch_size"], "16")
        self.assertNotIn("hush", str(entry.values))
        AuditEntry.objects.all().delete()
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("simple/a.png", encoded(logo()))
        upload = SimpleUploadedFile("logos.zip", archive.getvalue())
        address = "/admin/classifier/dataset/add/"
        self.client.post(address, {"archive": upload, "name": "mine", "seed": "1"})
        values = AuditEntry.objects.get().values
        self.assertIn("logos.zip (", values["archive"])
        self.assertEqual(values["name"], "mine")

    def test_every_change_has_its_words(self):
        for name in sorted(TRAINERS | RELEASERS):
            self.assertIn(name, _WORDS)
