"""A tracer killed in the middle of a conversion, in a real worker and in a real web process."""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TransactionTestCase
from PIL import Image

from converter.batches import create_batch, progress_of
from converter.conversion import Choice
from converter.tracers import PROGRAM
from tests.converter.images import encoded, logo
from tests.services.servers import Process, free_port, wait_for
from tests.support.broker import real_broker
from tests.support.worker import process_environment, real_worker

_AT_WORK = 0.5  # seconds of processor time, of the two or more that noise takes
_STOPPED = "The tracer stopped unexpectedly on this image."


def noise():
    """Return an image whose drawing takes seconds."""
    return encoded(Image.effect_noise((320, 320), 120).convert("RGB"))


def tracer_of(pid):
    """Return the only tracer process below another."""
    children = psutil.Process(pid).children(recursive=True)
    [tracer] = [child for child in children if str(PROGRAM) in child.cmdline()]
    return tracer


def seconds(tracer):
    used = tracer.cpu_times()
    return used.user + used.system


@contextmanager
def killed_at_work(tracer):
    """Kill a tracer that waits, once it is in the middle of what the block gives it."""
    before = seconds(tracer)
    yield
    wait_for(lambda: seconds(tracer) > before + _AT_WORK, "the tracer is at work")
    tracer.kill()


@contextmanager
def real_web(broker_url):
    """Start a web process on the test database; yield it."""
    port = free_port()
    environment = process_environment(broker_url) | {
        "CONVERTER_ANONYMOUS_RATE": "",
        "CONVERTER_INLINE_SECONDS": "0",
    }
    command = [sys.executable, "-m", "gunicorn", "converter.wsgi", "--workers", "1"]
    with tempfile.TemporaryDirectory(prefix="web-") as folder:
        web = Process("web", Path(folder), [*command, "--bind", f"127.0.0.1:{port}"],
                      environment, port)  # fmt: skip
        try:
            yield web.start()
        finally:
            web.stop()


class KilledTracerTests(TransactionTestCase):
    def test_a_workers_loses_one_image_of_a_batch_and_the_next_is_drawn(self):
        with real_broker() as url, real_worker(url, queues="conversion") as worker:
            self.assertEqual(self.ends(self.order(encoded(logo()))), [("done", "")])
            with killed_at_work(tracer_of(worker.pid)):
                batch = self.order(noise(), encoded(logo()))
            (first, message), second = self.ends(batch)
            self.assertEqual((first, second), ("failed", ("done", "")))
            self.assertIn(_STOPPED, message)

    def order(self, *contents):
        uploads = [SimpleUploadedFile(f"{k}.png", each) for k, each in enumerate(contents)]
        visitor = "00000000-0000-0000-0000-000000000001"
        return create_batch(visitor, uploads, Choice("complex"))

    def ends(self, batch):
        """Wait for a batch to be over; return each image's status and message."""
        wait_for(lambda: not progress_of(batch).is_active, "the batch is over")
        return list(batch.items.order_by("position").values_list("status", "message"))

    def test_a_web_processs_costs_one_request_its_message_and_the_next_is_drawn(self):
        with real_broker() as url, real_web(url) as web, ThreadPoolExecutor(1) as pool:
            address = f"http://127.0.0.1:{web.port}/api/v1/conversions/"
            self.assertEqual(self.send(address, encoded(logo())).status_code, 201)
            with killed_at_work(tracer_of(web.process.pid)):
                lost = pool.submit(self.send, address, noise())
            self.assertEqual(lost.result().status_code, 400)
            self.assertIn(_STOPPED, lost.result().text)
            self.assertEqual(self.send(address, encoded(logo())).status_code, 201)

    def send(self, address, content):
        files, data = {"image": ("a.png", content)}, {"preset": "complex"}
        return httpx.post(address, files=files, data=data, timeout=60)
