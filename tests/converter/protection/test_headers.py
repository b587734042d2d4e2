import tempfile
from pathlib import Path

from django.contrib.auth.models import User
from django.test import SimpleTestCase, TestCase

from converter.models import Conversion
from tests.converter.classifier import classifier_says
from tests.converter.test_page import upload
from tests.test_architecture import ROOT, run_python


class HeaderTests(TestCase):
    def test_what_belongs_to_a_visitor_is_kept_by_no_cache(self):
        with classifier_says("simple"):
            self.client.post("/", {"image": upload()})
        page = f"/conversions/{Conversion.objects.get().pk}/"
        for path in ("/", page, f"{page}original.png", f"{page}drawing.svg", "/conversions.zip"):
            response = self.client.get(path)
            self.assertEqual(response["Cache-Control"], "private, no-store", path)
        api = f"/api/v1/conversions/{Conversion.objects.get().pk}/"
        self.assertEqual(self.client.get(api)["Cache-Control"], "private, no-store")

    def test_the_admin_loads_and_sends_nothing_elsewhere(self):
        self.client.force_login(User.objects.create_superuser("boss"))
        for path in ("/admin/", "/admin/classifier/trainingrun/add/"):
            policy = self.client.get(path)["Content-Security-Policy"]
            for part in (
                "default-src 'self'", "form-action 'self'", "frame-ancestors 'none'",
                "base-uri 'none'", "object-src 'none'",
            ):  # fmt: skip
                self.assertIn(part, policy)

    def test_the_pages_of_the_api_run_no_script_within_them(self):
        response = self.client.get("/api/docs/")
        self.assertContains(response, '<a href="/">← Logo to SVG</a>', html=True)
        self.assertNotIn("script-src", response["Content-Security-Policy"])
        self.assertIn("default-src 'self'", response["Content-Security-Policy"])
        self.assertNotRegex(response.content.decode(), r"<script>|<script [^>]*>\s*[^<\s]")

    def test_the_pages_of_the_api_are_read_and_nothing_else(self):
        for path in ("/api/docs/", "/api/schema/"):
            self.assertEqual(self.client.get(path).status_code, 200)
            for method in ("options", "post", "delete", "trace"):
                self.assertEqual(getattr(self.client, method)(path).status_code, 405, method)

    def test_head_is_answered_as_get_without_a_body(self):
        for path in ("/", "/accounts/login/", "/healthz"):
            response = self.client.head(path)
            self.assertEqual((response.status_code, response.content), (200, b""), path)


class PermissionTests(SimpleTestCase):
    def modes(self, **environment):
        with tempfile.TemporaryDirectory() as folder:
            code = (
                "import os\nos.umask(0o022)\nfrom django.core.management import call_command\n"
                "import django\ndjango.setup()\ncall_command('migrate', verbosity=0)\n"
                "from pathlib import Path\nfrom django.conf import settings\n"
                "files = Path(settings.VAR_DIR).glob('db.sqlite3*')\n"
                "print([oct(f.stat().st_mode & 0o777) for f in files])\n"
            )
            done = run_python(
                code, ROOT, DJANGO_SETTINGS_MODULE="converter.settings", VAR_DIR=folder
            )
            if not done.stdout:
                raise AssertionError(done.stderr)
            return done.stdout.splitlines()[-1], Path(folder)

    def test_nobody_else_reads_the_database(self):
        self.assertRegex(self.modes()[0], r"^\['0o600'(, '0o600')*\]$")

    def test_preload_is_promised_only_by_the_operator(self):
        code = "from converter import settings as s; print(s.SECURE_HSTS_PRELOAD)"
        for value, expected in (("", "False"), ("1", "True")):
            environment = {"SECURE_HSTS_PRELOAD": value} if value else {}
            done = run_python(code, PRODUCTION="1", SECRET_KEY="x" * 60, **environment)
            self.assertEqual(done.stdout.strip(), expected, done.stderr)
