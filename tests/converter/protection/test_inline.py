import threading
import time
from unittest import mock

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase, override_settings

from classifier.images import DecoderBusyError
from converter.models import Batch, Conversion
from converter.protection import inline
from converter.tracing import TracingError
from tests.converter.classifier import classifier_says
from tests.converter.images import encoded, logo

API = "/api/v1/conversions/"


def upload(content=None):
    return SimpleUploadedFile("logo.png", content or encoded(logo()))


class InlineTests(TestCase):
    def setUp(self):
        self.enterContext(classifier_says("simple"))

    def take_all_places(self):
        places = threading.BoundedSemaphore(1)
        places.acquire()
        self.enterContext(mock.patch.object(inline, "_places", places))
        return places

    def test_while_all_places_are_taken_an_upload_becomes_a_batch_of_one(self):
        places = self.take_all_places()
        response = self.client.post("/", {"image": upload()})
        self.assertRedirects(response, f"/batches/{Batch.objects.get().pk}/")
        response = self.client.post(API, {"image": upload()}, format="multipart")
        self.assertEqual(response.status_code, 202)
        self.assertEqual([b.items.count() for b in Batch.objects.all()], [1, 1])
        places.release()
        self.assertEqual(self.client.post(API, {"image": upload()}).status_code, 201)

    def test_while_no_decoder_is_free_an_upload_becomes_a_batch_of_one(self):
        with mock.patch("converter.intake.read_upload", side_effect=DecoderBusyError):
            response = self.client.post(API, {"image": upload()})
        self.assertEqual(response.status_code, 202)

    def test_the_whole_upload_waits_in_that_batch(self):
        self.take_all_places()
        content = encoded(logo())
        self.client.post("/", {"image": upload(content)})
        with Batch.objects.get().items.get().upload.open() as file:
            self.assertEqual(file.read(), content)

    @override_settings(CONVERTER_INLINE_SECONDS=0.01)
    def test_a_logo_that_takes_too_long_is_left_to_a_worker_and_not_drawn_plainly(self):
        def slow(*args, **kwargs):
            time.sleep(0.2)
            raise TracingError("Tracing took too long.")

        with mock.patch("converter.conversion.trace", side_effect=slow) as trace:
            response = self.client.post(API, {"image": upload()})
        self.assertEqual(response.status_code, 202)
        self.assertLessEqual(trace.call_count, 1)
        self.assertEqual(Conversion.objects.count(), 0)

    def test_drawing_again_says_that_it_is_busy(self):
        self.client.post("/", {"image": upload()})
        found = Conversion.objects.get()
        self.take_all_places()
        response = self.client.post(f"/conversions/{found.pk}/retrace/", {"preset": "simple"})
        self.assertContains(response, "Try again in 5 seconds", status_code=503)
        self.assertEqual(response["Retry-After"], "5")

    def test_a_place_is_given_back_after_a_failure(self):
        with mock.patch("converter.conversion.trace", side_effect=TracingError("It stopped.")):
            for _ in range(5):
                self.assertEqual(self.client.post(API, {"image": upload()}).status_code, 400)
        self.assertEqual(self.client.post(API, {"image": upload()}).status_code, 201)


class QuotaTests(TestCase):
    def setUp(self):
        cache.clear()
        self.addCleanup(cache.clear)
        self.enterContext(classifier_says("simple"))

    def test_strangers_together_may_store_so_much_and_users_go_on(self):
        self.assertEqual(self.client.post(API, {"image": upload()}).status_code, 201)
        self.assertGreater(Conversion.objects.get().original_bytes, 100)
        cache.clear()  # the count is some seconds old
        with override_settings(ANONYMOUS_STORED_BYTES=1000):
            page = self.client.post("/", {"image": upload()})
            self.assertContains(page, "without an account is used up", status_code=507)
            self.assertEqual(self.client.post(API, {"image": upload()}).status_code, 507)
            batch = self.client.post("/api/v1/batches/", {"images": [upload()]})
            self.assertEqual(batch.json()["status"], 507)
            self.client.force_login(User.objects.create_user("known"))
            self.assertEqual(self.client.post(API, {"image": upload()}).status_code, 201)

    def test_what_waits_in_batches_counts(self):
        self.client.post("/api/v1/batches/", {"images": [upload(), upload()]})
        cache.clear()  # the count is some seconds old
        with override_settings(ANONYMOUS_STORED_BYTES=2 * len(encoded(logo()))):
            self.assertEqual(self.client.post(API, {"image": upload()}).status_code, 507)


class SessionTests(TestCase):
    def test_who_only_looks_gets_no_session(self):
        for path in ("/", "/accounts/login/", "/conversions.zip", "/api/docs/"):
            self.client.get(path)
        self.assertEqual(Session.objects.count(), 0)
        self.assertNotIn("sessionid", self.client.cookies)

    def test_who_stores_something_finds_it_again(self):
        with classifier_says("simple"):
            page = self.client.post("/", {"image": upload()}, follow=True)
        self.assertEqual(page.status_code, 200)
        self.assertEqual(Session.objects.count(), 1)
        self.assertContains(self.client.get("/"), "logo.png")

    def test_expired_sessions_are_deleted_by_a_scheduled_task(self):
        from django.conf import settings

        from converter.tasks import delete_expired_sessions

        tasks = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
        self.assertIn("converter.tasks.delete_expired_sessions", tasks)
        Session.objects.create(
            session_key="old", session_data="", expire_date="2000-01-01T00:00:00Z"
        )
        delete_expired_sessions()
        self.assertEqual(Session.objects.count(), 0)
