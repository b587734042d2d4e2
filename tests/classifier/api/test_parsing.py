from django.contrib.auth.models import User
from django.test import TestCase

from classifier.models import LivePrediction

DEEP = b'{"right": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
DEEPISH = b'{"right": true, "true_type": ' + b'{"a": ' * 300 + b"1" + b"}" * 301
HALF = b'{"right": false, "true_type": "\\ud800"}'
HALF_NAME = b'{"right": false, "\\udfff": 1}'
ENDLESS = b'{"right": ' + b"9" * 5000 + b"}"
CASES = (DEEP, DEEPISH, HALF, HALF_NAME, ENDLESS, b"\xff", b"[]", b'"x"', b"null", b"1e999")


class HostileJsonTests(TestCase):
    def setUp(self):
        self.client.raise_request_exception = False
        prediction = LivePrediction.objects.create(
            logo_type="text", confidence=0.9, certain=True, method="rules", milliseconds=1.0
        )
        self.feedback = f"/api/v1/predictions/{prediction.pk}/feedback/"

    def post(self, path, content):
        return self.client.post(path, content, content_type="application/json")

    def test_feedback_answers_400(self):
        for content in CASES:
            with self.subTest(content[:40]):
                response = self.post(self.feedback, content)
                self.assertEqual(response.status_code, 400, response.content[:200])
                self.assertEqual(response.json()["status"], 400)

    def test_runs_and_studies_answer_400(self):
        self.client.force_login(User.objects.create_superuser("boss"))
        deep_config = b'{"dataset": 1, "config": ' + b'{"a": ' * 500 + b"1" + b"}" * 501
        half_config = b'{"dataset": 1, "config": {"\\ud800": "\\udc00"}}'
        for path in ("/api/v1/runs/", "/api/v1/studies/"):
            for content in (*CASES, deep_config, half_config):
                with self.subTest(path=path, content=content[:40]):
                    self.assertEqual(self.post(path, content).status_code, 400)

    def test_what_is_nested_as_it_should_be_is_taken(self):
        self.assertEqual(self.post(self.feedback, b'{"right": true}').status_code, 200)
