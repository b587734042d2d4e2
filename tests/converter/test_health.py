from unittest import mock

from django.core.files.storage import default_storage
from django.db import OperationalError
from django.test import TestCase

from converter.monitoring import health


class HealthTests(TestCase):
    def test_healthz_asks_nobody(self):
        with self.assertNumQueries(0):
            response = self.client.get("/healthz")
        self.assertEqual(response.json(), {"status": "ok"})

    def test_it_takes_no_post(self):
        self.assertEqual(self.client.post("/healthz").status_code, 405)
        self.assertEqual(self.client.post("/readyz").status_code, 405)


class ReadinessTests(TestCase):
    def setUp(self):
        patch = mock.patch.object(health, "_classifier", return_value="")
        self.classifier = patch.start()
        self.addCleanup(patch.stop)

    def test_everything_works(self):
        response = self.client.get("/readyz")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json()["status"], "ok")

    def test_a_model_that_cannot_serve_is_told(self):
        self.classifier.return_value = "its hash does not match"
        response = self.client.get("/readyz")
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response.json()["checks"]["classifier"], "its hash does not match")

    def test_a_database_that_is_away_is_told(self):
        with mock.patch.object(health.connection, "cursor", side_effect=OperationalError("away")):
            response = self.client.get("/readyz")
        self.assertEqual(response.status_code, 503)
        self.assertIn("cannot be reached", response.json()["checks"]["database"])

    def test_media_that_cannot_be_written_is_told(self):
        with mock.patch.object(default_storage, "save", side_effect=OSError(30, "Read-only")):
            response = self.client.get("/readyz")
        self.assertEqual(response.status_code, 503)
        self.assertIn("cannot be reached", response.json()["checks"]["media"])

    def test_a_queue_that_is_away_is_no_reason_to_send_requests_elsewhere(self):
        with mock.patch.object(health, "_queue", side_effect=OSError("refused")):
            response = self.client.get("/readyz")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json()["status"], "degraded")
