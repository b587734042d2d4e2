"""Rows and files of conversions: none without the other, whatever comes between."""

import errno
from unittest import mock

from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.test import TestCase, TransactionTestCase, override_settings

from converter.intake import convert_item
from converter.models import Batch, BatchItem, Conversion
from tests.converter.classifier import classifier_says
from tests.converter.test_page import upload

JSON = {"accept": "application/json"}
FULL = OSError(errno.ENOSPC, "No space left on device")


def files(folder):
    """Names of the files below a folder of the storage."""
    try:
        folders = default_storage.listdir(folder)[0]
    except FileNotFoundError:
        return []
    return [
        f"{folder}/{f}/{n}" for f in folders for n in default_storage.listdir(f"{folder}/{f}")[1]
    ]


def sent_to_nobody():
    return mock.patch("converter.tasks.convert_batch_item.delay")


# The first drawing of a process may have to wait for its tracer.
@override_settings(CONVERTER_INLINE_SECONDS=120)
class MeanwhileTests(TestCase):
    """What a visitor does twice at a time."""

    def setUp(self):
        with classifier_says("simple"):
            self.client.post("/", {"image": upload()})
        self.found = Conversion.objects.get()
        self.path = f"/conversions/{self.found.pk}/"

    def adjust_while(self, other, **values):
        """Adjust a drawing; `other` happens when it was drawn and is not stored yet."""
        from converter.intake import convert_logo

        def drawn(*args, **kwargs):
            result = convert_logo(*args, **kwargs)
            with mock.patch("converter.intake.convert_logo", convert_logo):
                other()
            return result

        with mock.patch("converter.intake.convert_logo", drawn):
            return self.client.post(f"{self.path}adjust/", values, headers=JSON)

    def test_what_is_deleted_while_it_is_drawn_stays_deleted(self):
        answer = self.adjust_while(lambda: self.client.post(f"{self.path}delete/"), detail=10)
        self.assertEqual(answer.status_code, 404)
        self.assertEqual(Conversion.objects.count(), 0)
        self.assertEqual([f for f in files("conversions") if str(self.found.pk) in f], [])

    def test_of_two_drawings_at_a_time_one_stays(self):
        def other():
            answer = self.client.post(f"{self.path}adjust/", {"detail": 90}, headers=JSON)
            self.assertEqual(answer.status_code, 200)

        with self.captureOnCommitCallbacks(execute=True):
            answer = self.adjust_while(other, detail=10)
        self.assertEqual(answer.status_code, 200)
        kept = [f for f in files("conversions") if str(self.found.pk) in f]
        self.found.refresh_from_db()
        self.assertEqual(sorted(kept), sorted([self.found.original.name, self.found.svg.name]))

    def test_a_drawing_that_is_replaced_while_it_is_read_is_the_new_one(self):
        early = Conversion.objects.get()
        with self.captureOnCommitCallbacks(execute=True):
            self.client.post(f"{self.path}adjust/", {"recolour": "#f00:#00f"}, headers=JSON)
            self.client.post(f"{self.path}adjust/", {"ground": "#123456"}, headers=JSON)
        self.assertIn("#123456", early.read_svg())

    def test_a_file_that_is_gone_is_not_found(self):
        default_storage.delete(self.found.svg.name)
        for address in ("", "drawing.svg", "file/?format=pdf"):
            self.assertEqual(self.client.get(f"{self.path}{address}").status_code, 404, address)
        self.assertEqual(self.client.get("/conversions.zip").status_code, 200)


class FullDiskTests(TestCase):
    def send(self, files_that_fit, path="/", field="image", count=1):
        """Send logos to a disk that has room for so many files, and for half of the next."""
        save, saved = FileSystemStorage._save, []

        def until_full(storage, name, content):
            stored = save(storage, name, content)
            saved.append(stored)
            if len(saved) > files_that_fit:
                raise FULL
            return stored

        with (
            mock.patch.object(FileSystemStorage, "_save", until_full),
            classifier_says("simple"), sent_to_nobody(), self.assertLogs("django.request"),
        ):  # fmt: skip
            self.client.raise_request_exception = False
            response = self.client.post(path, {field: [upload() for _ in range(count)]})
        self.assertEqual(response.status_code, 503)
        return saved

    def test_no_file_remains_without_its_row(self):
        for fit in (0, 1):
            for name in self.send(fit) + self.send(fit, "/api/v1/batches/", "images", 3):
                self.assertFalse(default_storage.exists(name), name)
        self.assertEqual((Conversion.objects.count(), Batch.objects.count()), (0, 0))


class LockTests(TransactionTestCase):
    """SQLite lets one process write at a time: nobody waits for another's files."""

    def test_files_are_written_while_others_can_write_to_the_database(self):
        save, within = FileSystemStorage._save, []

        def noted(storage, name, content):
            within.append(connection.in_atomic_block)
            return save(storage, name, content)

        with (
            mock.patch.object(FileSystemStorage, "_save", noted),
            classifier_says("simple"), sent_to_nobody(),
        ):  # fmt: skip
            self.client.post("/api/v1/batches/", {"images": [upload(), upload()]})
            item = BatchItem.objects.first()
            convert_item(item.pk)
            BatchItem.objects.filter(pk=item.pk).update(status="waiting", attempts=0)
            convert_item(item.pk)
        item.refresh_from_db()
        self.assertEqual((item.status, len(within)), ("done", 2 + 2 + 1))
        self.assertNotIn(True, within)
