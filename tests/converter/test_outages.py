import errno
from unittest import mock

from django.db import OperationalError
from django.test import Client, SimpleTestCase

from converter.pages.outages import outage_of


class OutageTests(SimpleTestCase):
    def answer(self, error, path="/healthz"):
        client = Client(raise_request_exception=False)
        with mock.patch("converter.monitoring.health.JsonResponse", side_effect=error):
            return client.get(path)

    def test_a_database_that_is_away_is_a_503_with_a_sentence(self):
        response = self.answer(OperationalError("server closed the connection"))
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response["Retry-After"], "10")
        self.assertIn("database cannot be reached", response.content.decode())

    def test_a_full_disk_is_a_503(self):
        self.assertEqual(self.answer(OSError(errno.ENOSPC, "No space left")).status_code, 503)

    def test_a_fault_stays_a_500(self):
        self.assertEqual(self.answer(ValueError("a bug")).status_code, 500)
        self.assertEqual(outage_of(OSError(errno.EACCES, "denied")), "")
