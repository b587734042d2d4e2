import secrets
from unittest import mock

from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import SimpleTestCase, TestCase, override_settings

from converter.models import Conversion
from tests.converter.classifier import classifier_says
from tests.converter.test_page import upload
from tests.test_architecture import run_python


class HeaderTests(TestCase):
    def test_pages_run_no_script_but_their_own_and_are_framed_by_nobody(self):
        response = self.client.get("/")
        policy = response["Content-Security-Policy"]
        self.assertIn("default-src 'self'", policy)
        self.assertIn("object-src 'none'", policy)
        self.assertIn("frame-ancestors 'none'", policy)
        self.assertNotIn("unsafe-eval", policy)
        self.assertNotIn("script-src", policy)  # default-src covers scripts: no exception for them
        self.assertEqual(response["X-Content-Type-Options"], "nosniff")
        self.assertEqual(response["X-Frame-Options"], "DENY")
        self.assertEqual(response["Referrer-Policy"], "same-origin")

    def test_an_unknown_host_name_is_refused(self):
        response = self.client.get("/", headers={"Host": "evil.example"})
        self.assertEqual(response.status_code, 400)


class LimitTests(TestCase):
    @override_settings(CLASSIFIER_ANONYMOUS_RATE="2/min")
    def test_invented_addresses_do_not_escape_the_limit(self):
        cache.clear()
        self.addCleanup(cache.clear)
        statuses = [
            self.client.post(
                "/api/v1/classify/", headers={"X-Forwarded-For": f"10.0.0.{i}"}
            ).status_code
            for i in range(3)
        ]
        self.assertEqual(statuses, [400, 400, 429])

    @override_settings(CONVERTER_ANONYMOUS_RATE="3/min", CONVERTER_USER_RATE="4/min")
    def test_conversions_are_limited_by_address_and_by_user(self):
        cache.clear()
        self.addCleanup(cache.clear)
        with classifier_says("simple"):
            self.assertEqual(self.client.post("/", {"image": upload()}).status_code, 302)
            two = {"images": [upload(), upload()]}
            with mock.patch("converter.batches.enqueue"):
                self.assertEqual(self.client.post("/api/v1/batches/", two).status_code, 202)
            refused = self.client.post("/api/v1/conversions/", {"image": upload()})
            self.assertEqual(refused.status_code, 429)
            self.assertGreater(int(refused.headers["Retry-After"]), 0)
            page = self.client.post("/", {"image": upload()})
            self.assertContains(page, "Try again in", status_code=429)
            found = Conversion.objects.get()
            for address in ("retrace", "correct"):
                values = {"preset": "text", "true_type": "text"}
                page = self.client.post(f"/conversions/{found.pk}/{address}/", values)
                self.assertContains(page, "Try again in", status_code=422)
            self.client.force_login(User.objects.create_user("ada"))
            codes = [self.client.post("/", {"image": upload()}).status_code for _ in range(5)]
        self.assertEqual(codes, [302, 302, 302, 302, 429])


class ProductionTests(SimpleTestCase):
    def test_djangos_deployment_check_finds_nothing(self):
        code = (
            "import django\ndjango.setup()\n"
            "from django.core.management import call_command\n"
            "call_command('check', deploy=True, fail_level='INFO')\n"
        )
        result = run_python(
            code,
            DJANGO_SETTINGS_MODULE="converter.settings",
            PRODUCTION="1",
            SECRET_KEY=secrets.token_urlsafe(50),
            ALLOWED_HOSTS="logos.example.org",
        )
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_pages_need_tls_but_probes_do_not(self):
        code = (
            "import django\ndjango.setup()\n"
            "from django.test import Client\n"
            "client = Client(SERVER_NAME='localhost')\n"
            "print([client.get(p).status_code for p in ('/', '/healthz')])\n"
        )
        result = run_python(
            code,
            DJANGO_SETTINGS_MODULE="converter.settings",
            PRODUCTION="1",
            SECRET_KEY=secrets.token_urlsafe(50),
        )
        self.assertEqual(result.stdout.strip().splitlines()[-1], "[301, 200]", result.stderr)
