from datetime import timedelta
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import TestCase, override_settings
from django.utils import timezone

from classifier.models import LivePrediction
from classifier.tasks import delete_old_traffic
from tests.support.serving import ServingCase, image_bytes


class TrafficCase(ServingCase, TestCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def classify(self, colour="red", **form):
        image = SimpleUploadedFile("logo.png", image_bytes(colour))
        return self.client.post("/api/v1/classify/", {"image": image, **form})


class RecordTestCase(TrafficCase):
    def test_each_answer_is_a_row(self):
        answer = self.classify().json()
        row = LivePrediction.objects.get(pk=answer["id"])
        for name in ("logo_type", "confidence", "certain", "method", "model_version", "cached"):
            self.assertEqual(getattr(row, name), answer[name], name)
        self.assertGreater(row.milliseconds, 0)
        self.assertIsNone(row.right)

    def test_answers_from_memory_are_rows_too(self):
        self.classify("blue")
        self.classify("blue")
        self.assertEqual(LivePrediction.objects.filter(cached=True).count(), 1)

    def test_many_images_are_recorded_in_one_statement(self):
        images = [SimpleUploadedFile("a.png", image_bytes(c)) for c in ("red", "green", "yellow")]
        with mock.patch.object(
            LivePrediction.objects, "bulk_create", wraps=LivePrediction.objects.bulk_create
        ) as create:
            self.client.post("/api/v1/classify/", {"images": images})
        self.assertEqual(create.call_count, 1)
        self.assertEqual(LivePrediction.objects.count(), 3)

    def test_refused_images_are_not_recorded(self):
        image = SimpleUploadedFile("logo.png", b"nonsense")
        self.client.post("/api/v1/classify/", {"image": image})
        self.assertFalse(LivePrediction.objects.exists())

    def test_an_answer_is_given_even_if_it_cannot_be_recorded(self):
        refusal = OperationalError("database is locked")
        with (
            mock.patch.object(LivePrediction.objects, "bulk_create", side_effect=refusal),
            self.assertLogs("classifier.live.recording", "ERROR"),
        ):
            self.assertEqual(self.classify().status_code, 200)

    @override_settings(CLASSIFIER_TRAFFIC_DAYS=2)
    def test_old_answers_are_deleted(self):
        self.classify("red")
        old = self.classify("blue").json()["id"]
        past = timezone.now() - timedelta(days=3)
        LivePrediction.objects.filter(pk=old).update(created_at=past)
        delete_old_traffic()
        self.assertEqual(LivePrediction.objects.count(), 1)
        self.assertFalse(LivePrediction.objects.filter(pk=old).exists())


class FeedbackTestCase(TrafficCase):
    def say(self, pk, **values):
        address = f"/api/v1/predictions/{pk}/feedback/"
        return self.client.post(address, values, content_type="application/json")

    def test_the_caller_says_whether_an_answer_was_right(self):
        pk = self.classify("red").json()["id"]
        self.assertEqual(self.say(pk, right=True).status_code, 200)
        self.assertIs(LivePrediction.objects.get(pk=pk).right, True)
        answer = self.say(pk, right=False, true_type="text")
        self.assertEqual(answer.json(), {"right": False, "true_type": "text"})
        row = LivePrediction.objects.get(pk=pk)
        self.assertEqual((row.right, row.true_type), (False, "text"))

    def test_what_contradicts_the_answer_is_refused(self):
        pk = self.classify("red").json()["id"]
        for values in (
            {},
            {"right": "perhaps"},
            {"right": True, "true_type": "text"},
            {"right": False, "true_type": "simple"},
            {"right": False, "true_type": "ambiguous"},
        ):
            self.assertEqual(self.say(pk, **values).status_code, 400, values)
        self.assertIsNone(LivePrediction.objects.get(pk=pk).right)

    def test_an_unknown_answer_is_not_found(self):
        for pk in ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "-" * 36, "7"):
            self.assertEqual(self.say(pk, right=True).status_code, 404, pk)
