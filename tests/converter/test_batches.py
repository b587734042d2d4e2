import errno
import io
import tempfile
import zipfile
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase, override_settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from converter import intake
from converter.batches import MOST_ATTEMPTS, progress_of, send_stranded
from converter.intake import convert_item
from converter.models import Batch, BatchItem, Conversion
from converter.tasks import delete_expired_conversions
from tests.converter.classifier import classifier_down, classifier_says
from tests.converter.images import encoded, logo

API = "/api/v1/batches/"


def upload(content=None, name="my logo.png"):
    return SimpleUploadedFile(name, content or encoded(logo()), "image/png")


def waiting_uploads():
    folder = "batches"
    if not default_storage.exists(folder):
        return 0
    batches = default_storage.listdir(folder)[0]
    return sum(len(default_storage.listdir(f"{folder}/{name}")[1]) for name in batches)


class BatchTestCase(TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        media = override_settings(MEDIA_ROOT=folder.name)
        media.enable()
        self.addCleanup(media.disable)
        says = classifier_says("simple")
        says.__enter__()
        self.addCleanup(says.__exit__, None, None, None)

    @contextmanager
    def queue(self, send=None):
        """Take tasks: with `send` each is handed to it, without they wait."""
        with (
            mock.patch("converter.batches.enqueue", side_effect=send) as delay,
            self.captureOnCommitCallbacks(execute=True),
        ):
            yield delay

    def order(self, *uploads, send=None, **options):
        """Order a batch over the API; return the response and the sent items."""
        with self.queue(send) as delay:
            response = self.client.post(API, {"images": uploads or [upload(), upload()], **options})
        return response, [call.args[0] for call in delay.call_args_list]

    def convert(self, *items):
        """Do the tasks of items."""
        with self.captureOnCommitCallbacks(execute=True):
            for item in items:
                convert_item(item)

    def get(self):
        return self.client.get(f"{API}{Batch.objects.get().pk}/").json()


class BatchTests(BatchTestCase):
    def test_each_image_is_converted_by_a_task_of_its_own(self):
        response, sent = self.order(upload(name="a.png"), upload(name="b.png"))
        self.assertEqual(response.status_code, 202)
        batch = response.json()
        self.assertEqual(response.headers["Location"], batch["url"])
        self.assertEqual(sent, [str(item.pk) for item in BatchItem.objects.all()])
        self.assertEqual((batch["progress"]["share"], batch["progress"]["is_active"]), (0, True))
        self.convert(sent[0])
        self.assertEqual(self.get()["progress"]["share"], 0.5)
        self.assertIsNotNone(self.get()["progress"]["seconds_left"])
        self.convert(sent[1])
        batch = self.get()
        self.assertEqual([item["status"] for item in batch["items"]], ["done", "done"])
        self.assertFalse(batch["progress"]["is_active"])
        found = self.client.get(batch["items"][0]["conversion"]).json()
        self.assertEqual((found["name"], found["preset"]), ("a.png", "simple"))
        archive = zipfile.ZipFile(io.BytesIO(self.client.get(batch["zip"]).getvalue()))
        self.assertEqual(archive.namelist(), ["a.svg", "b.svg"])
        self.assertEqual(waiting_uploads(), 0)

    def test_a_bad_image_is_told_in_its_item_and_the_others_are_converted(self):
        self.order(upload(b"nothing", "bad.png"), upload(), send=convert_item)
        bad, good = self.get()["items"]
        self.assertEqual((bad["status"], bad["conversion"]), ("failed", ""))
        self.assertIn("This is not a PNG", bad["message"])
        self.assertEqual(good["status"], "done")
        self.assertEqual(waiting_uploads(), 0)

    def test_options_replace_the_classifier(self):
        with classifier_down():
            self.order(send=convert_item, preset="text")
        self.assertEqual(
            set(Conversion.objects.values_list("preset", "corrected")), {("text", True)}
        )

    def test_bad_requests_are_refused_and_nothing_is_stored(self):
        for options in (
            {"images": []},
            {"images": [upload()], "preset": "x"},
            {"images": [upload()], "preset": "text", "logo_type": "text"},
        ):
            self.assertEqual(self.client.post(API, options).status_code, 400)
        with override_settings(CONVERTER_MAX_BATCH_IMAGES=1):
            self.assertContains(self.order()[0], "at most 1 files", status_code=400)
        with override_settings(CONVERTER_MAX_BATCH_BYTES=100):
            self.assertContains(self.order()[0], "MB at a time", status_code=400)
        with override_settings(CONVERTER_MAX_UPLOAD_BYTES=100):
            self.assertContains(self.order()[0], "Send a smaller one", status_code=400)
        self.assertFalse(Batch.objects.exists())
        self.assertEqual(waiting_uploads(), 0)

    def test_nothing_remains_of_a_batch_that_cannot_be_stored(self):
        full = OSError(errno.ENOSPC, "No space left")
        self.client.raise_request_exception = False
        with mock.patch.object(BatchItem.objects, "bulk_create", side_effect=full):
            response, sent = self.order()
        self.assertEqual((response.status_code, sent), (503, []))
        self.assertFalse(Batch.objects.exists())
        self.assertEqual(waiting_uploads(), 0)

    def test_others_see_nothing(self):
        self.order(send=convert_item)
        batch = Batch.objects.get()
        stranger = Client()
        for path in ("", "state/", "logos.zip"):
            self.assertEqual(self.client.get(f"/batches/{batch.pk}/{path}").status_code, 200)
            self.assertEqual(stranger.get(f"/batches/{batch.pk}/{path}").status_code, 404)
        for path in ("", "zip/"):
            self.assertEqual(stranger.get(f"{API}{batch.pk}/{path}").status_code, 404)
        for path in (f"{API}{batch.pk}/cancel/", f"/batches/{batch.pk}/cancel/"):
            self.assertEqual(stranger.post(path).status_code, 404)

    def test_old_batches_go_with_what_waits(self):
        self.order()
        Batch.objects.update(
            created_at=timezone.now() - timedelta(days=settings.CONVERSION_DAYS, hours=1)
        )
        delete_expired_conversions()
        self.assertFalse(BatchItem.objects.exists())
        self.assertEqual(waiting_uploads(), 0)


class FaultTests(BatchTestCase):
    def test_a_task_that_is_delivered_twice_converts_once(self):
        _, sent = self.order()
        self.convert(*sent * 2)
        self.assertEqual(Conversion.objects.count(), 2)

    def test_of_two_workers_with_one_item_the_first_to_finish_wins(self):
        _, sent = self.order(upload())
        convert_logo = intake.convert_logo

        def slow(*args, **options):
            with mock.patch.object(intake, "convert_logo", convert_logo):
                convert_item(sent[0])
            return convert_logo(*args, **options)

        with mock.patch.object(intake, "convert_logo", slow):
            convert_item(sent[0])
        self.assertEqual(Conversion.objects.count(), 1)
        self.assertEqual(self.get()["items"][0]["status"], "done")

    def test_cancelling_keeps_what_is_done_and_takes_back_the_rest(self):
        _, sent = self.order()
        self.convert(sent[0])
        with self.captureOnCommitCallbacks(execute=True):
            answer = self.client.post(f"{API}{Batch.objects.get().pk}/cancel/").json()
        self.assertEqual([item["status"] for item in answer["items"]], ["done", "cancelled"])
        self.convert(sent[1])
        self.assertEqual(Conversion.objects.count(), 1)
        self.assertEqual(waiting_uploads(), 0)

    def test_a_result_that_comes_after_the_cancellation_is_thrown_away(self):
        _, sent = self.order(upload())
        convert_logo = intake.convert_logo

        def cancelled_meanwhile(*args, **options):
            self.client.post(f"{API}{Batch.objects.get().pk}/cancel/")
            return convert_logo(*args, **options)

        with mock.patch.object(intake, "convert_logo", cancelled_meanwhile):
            convert_item(sent[0])
        self.assertFalse(Conversion.objects.exists())
        self.assertEqual(self.get()["items"][0]["status"], "cancelled")

    def test_without_a_queue_the_batch_waits_and_is_sent_later(self):
        self.order(send=OperationalError("refused"))
        self.assertTrue(self.get()["progress"]["is_active"])
        self.assertEqual(send_stranded(), 0)
        long_ago = timezone.now() - timedelta(seconds=settings.QUEUE_VISIBILITY_TIMEOUT + 1)
        BatchItem.objects.update(queued_at=long_ago)
        with mock.patch("converter.batches.enqueue", side_effect=convert_item):
            self.assertEqual(send_stranded(), 2)
        self.assertEqual(self.get()["progress"]["done"], 2)
        self.assertEqual(send_stranded(), 0)

    def test_an_image_that_ends_its_workers_is_given_up(self):
        _, sent = self.order(upload())
        with mock.patch.object(intake, "convert_logo", side_effect=SystemExit):
            for _ in range(MOST_ATTEMPTS):
                self.assertRaises(SystemExit, convert_item, sent[0])
        convert_item(sent[0])
        item = self.get()["items"][0]
        self.assertEqual(item["status"], "failed")
        self.assertIn("Send a smaller version", item["message"])


class PageTests(BatchTestCase):
    def send(self, *uploads, send=None):
        with self.queue(send):
            return self.client.post("/", {"image": uploads}, follow=True)

    def test_several_files_become_a_batch_with_a_page(self):
        page = self.send(upload(name="a.png"), upload(b"x", "b.png"), upload(name="c.png"))
        batch = Batch.objects.get()
        self.assertRedirects(page, f"/batches/{batch.pk}/")
        self.assertContains(page, "0 of 3 converted")
        self.assertContains(page, "hx-get")
        for item in batch.items.all():
            convert_item(str(item.pk))
        page = self.client.get(f"/batches/{batch.pk}/state/")
        for part in ("2 of 3 converted, 1 failed", "b.png: This is not a PNG", "Download all"):
            self.assertContains(page, part)
        self.assertNotContains(page, "hx-get")

    def test_a_waiting_batch_is_cancelled(self):
        self.send(upload(), upload())
        page = self.client.post(f"/batches/{Batch.objects.get().pk}/cancel/", follow=True)
        self.assertContains(page, "0 of 2 converted, 2 cancelled")
        self.assertNotContains(page, "hx-get")

    @override_settings(CONVERTER_LARGE_PIXELS=1000)
    def test_a_large_image_is_converted_by_a_worker_and_its_page_follows(self):
        page = self.send(upload())
        batch = Batch.objects.get()
        self.assertRedirects(page, f"/batches/{batch.pk}/")
        convert_item(str(batch.items.get().pk))
        target = f"/conversions/{Conversion.objects.get().pk}/"
        self.assertRedirects(self.client.get(f"/batches/{batch.pk}/"), target)
        state = self.client.get(f"/batches/{batch.pk}/state/")
        self.assertEqual(state.headers["HX-Redirect"], target)

    @override_settings(CONVERTER_LARGE_PIXELS=1000)
    def test_the_api_answers_a_large_image_with_a_batch(self):
        with self.queue(convert_item):
            response = self.client.post("/api/v1/conversions/", {"image": upload()})
        self.assertEqual(response.status_code, 202)
        self.assertEqual(self.get()["items"][0]["status"], "done")

    def test_a_file_that_is_too_large_is_named(self):
        with override_settings(CONVERTER_MAX_UPLOAD_BYTES=10_000):
            page = self.send(upload(name="a.png"), upload(bytes(20_000), "b.png"))
        self.assertContains(page, "b.png: The file has", status_code=422)
        self.assertFalse(Batch.objects.exists())

    def test_time_left_is_told_once_something_is_done(self):
        self.send(upload(), upload(), upload())
        batch = Batch.objects.get()
        self.assertEqual(progress_of(batch).time_left, "")
        convert_item(str(batch.items.first().pk))
        first = batch.items.first()
        Batch.objects.update(started_at=first.finished_at - timedelta(seconds=40))
        batch.refresh_from_db()
        self.assertEqual(progress_of(batch).time_left, "80 s")
        self.assertContains(self.client.get(f"/batches/{batch.pk}/state/"), "about 80 s left")

    def test_no_time_is_told_while_a_lost_task_waits_for_its_delivery(self):
        self.send(upload(), upload())
        batch = Batch.objects.get()
        convert_item(str(batch.items.first().pk))
        minutes = timezone.now() - timedelta(minutes=5)
        Batch.objects.update(started_at=minutes - timedelta(seconds=2))
        BatchItem.objects.filter(status="done").update(finished_at=minutes)
        BatchItem.objects.filter(status="waiting").update(attempts=1)
        batch.refresh_from_db()
        self.assertEqual(progress_of(batch).time_left, "")
        self.assertContains(self.client.get(f"/batches/{batch.pk}/state/"), "being converted")
