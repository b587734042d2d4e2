import time

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TransactionTestCase

from converter.batches import create_batch
from converter.models import BatchItem
from converter.tasks import convert_batch_item
from tests.converter.images import encoded, logo
from tests.support.broker import real_broker
from tests.support.worker import real_worker

VISITOR = "00000000-0000-0000-0000-000000000001"


class WorkerLogTests(TransactionTestCase):
    """A real worker whose pool process has converted, and so has started the web application."""

    def wait_for(self, condition):
        deadline = time.monotonic() + 180
        while not condition():
            self.assertLess(time.monotonic(), deadline, "It did not happen in time.")
            time.sleep(0.2)

    def convert(self):
        upload = SimpleUploadedFile("logo.png", encoded(logo()))
        item = create_batch(VISITOR, [upload]).items.get()
        waiting = BatchItem.objects.filter(pk=item.pk, status=BatchItem.Status.WAITING)
        self.wait_for(lambda: not waiting.exists())

    def test_tasks_after_the_first_conversion_still_leave_lines_and_tracebacks(self):
        with real_broker() as url, real_worker(url) as worker:
            for _ in range(3):
                self.convert()
            self.wait_for(lambda: self.count(worker, "succeeded") >= 3)
            convert_batch_item.delay("not a key")
            self.wait_for(lambda: self.count(worker, "ValidationError") >= 1)
            self.assertGreaterEqual(self.count(worker, "Traceback (most recent call last)"), 1)

    def count(self, worker, text):
        return sum(text in line for line in worker.lines())
