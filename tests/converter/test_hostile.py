import tempfile
from io import StringIO
from pathlib import Path

import httpx
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import LiveServerTestCase, TestCase

from converter.models import Conversion
from tests.converter.classifier import classifier_says
from tests.converter.hostile import converted, refused

API = "/api/v1/conversions/"


class ServerTest(LiveServerTestCase):
    """Hostile files against a server that runs, one after the other."""

    def setUp(self):
        says = classifier_says("simple")
        says.__enter__()
        self.addCleanup(says.__exit__, None, None, None)
        self.client = httpx.Client(base_url=self.live_server_url, follow_redirects=True, timeout=60)
        self.addCleanup(self.client.close)
        self.client.get("/")
        self.token = {"X-CSRFToken": self.client.cookies["csrftoken"]}

    def to_page(self, name, content):
        return self.client.post("/", files={"image": (name, content)}, headers=self.token)

    def to_api(self, name, content):
        return self.client.post(API, files={"image": (name, content)})

    def test_what_cannot_be_converted_gets_a_message_and_the_server_goes_on(self):
        for name, (content, message) in refused().items():
            with self.subTest(name):
                page, answer = self.to_page(name, content), self.to_api(name, content)
                self.assertEqual((page.status_code, answer.status_code), (422, 400))
                self.assertIn(message, page.text)
                self.assertIn(message, answer.json()["errors"]["image"][0])
                self.assertEqual(self.client.get("/healthz").status_code, 200)
        self.assertEqual(Conversion.objects.count(), 0)

    def test_what_is_only_odd_is_converted(self):
        for name, (content, notice) in converted().items():
            with self.subTest(name):
                page, answer = self.to_page(name, content), self.to_api(name, content)
                self.assertEqual((page.status_code, answer.status_code), (200, 201))
                self.assertIn(notice, page.text)
                self.assertIn(notice, answer.json()["notice"])
                self.assertGreater(answer.json()["fidelity"], settings.CONVERTER_POOR_FIDELITY)


class CommandTest(TestCase):
    def test_each_file_gets_its_line_and_the_rest_is_converted(self):
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "in", Path(folder) / "out"
            source.mkdir()
            files = refused() | converted()
            for name, (content, _) in files.items():
                (source / name).write_bytes(content)
            out, errors = StringIO(), StringIO()
            with classifier_says("simple"), self.assertRaises(CommandError):
                call_command(
                    "convert", *[source / name for name in files if name != "animated.webp"],
                    out=target, jobs=2, stdout=out, stderr=errors,
                )  # fmt: skip
            names = sorted(path.name for path in target.iterdir())
        good = {name for name in converted() if name != "animated.webp"}
        self.assertEqual(names, sorted(str(Path(name).with_suffix(".svg")) for name in good))
        for name, (_, message) in refused().items():
            line = next(line for line in errors.getvalue().splitlines() if name in line)
            self.assertIn(message, line)
        self.assertIn("several frames", out.getvalue())
