from unittest import mock

import httpx
from django.core.wsgi import get_wsgi_application
from django.test import SimpleTestCase, TestCase, override_settings

from classifier.client import ClassifierClient
from converter.circuit_breaker import CircuitBreaker
from converter.conversion import Choice, convert_logo, read_upload
from converter.routing import ClassifierUnavailableError, GuardedClient, in_process_client
from tests.converter.classifier import answer, classifier_down, classifier_says, client
from tests.converter.images import encoded, logo
from tests.support.serving import ServingCase


class GuardedClientTest(SimpleTestCase):
    def assert_unavailable(self, response):
        with self.assertRaises(ClassifierUnavailableError):
            client(lambda request: response).classify(b"x")

    def test_it_trusts_no_odd_answer(self):
        self.assert_unavailable(httpx.Response(503))
        self.assert_unavailable(httpx.Response(400, json={"image": ["no"]}))
        self.assert_unavailable(httpx.Response(200, text="<html>"))
        self.assert_unavailable(httpx.Response(200, json=[]))
        self.assert_unavailable(httpx.Response(200, json={"logo_type": "text"}))
        self.assert_unavailable(httpx.Response(200, json=answer("../etc")))

    def test_a_failing_service_is_left_alone_for_a_while(self):
        calls = []

        def handle(request):
            calls.append(request)
            return httpx.Response(503)

        http = httpx.Client(transport=httpx.MockTransport(handle), base_url="http://classifier")
        breaker = CircuitBreaker(failures=2, pause_seconds=60)
        failing = GuardedClient(ClassifierClient(http), breaker)
        for _ in range(5):
            with self.assertRaises(ClassifierUnavailableError):
                failing.classify(b"x")
        self.assertEqual(len(calls), 2)

    def test_a_refused_image_is_no_fault_of_the_service(self):
        calls = []

        def handle(request):
            calls.append(request)
            return httpx.Response(400, json={"detail": "no image", "errors": {}})

        http = httpx.Client(transport=httpx.MockTransport(handle), base_url="http://classifier")
        breaker = CircuitBreaker(failures=1, pause_seconds=60)
        guarded = GuardedClient(ClassifierClient(http), breaker)
        for _ in range(3):
            with self.assertRaises(ClassifierUnavailableError):
                guarded.classify(b"x")
        self.assertEqual(len(calls), 3)

    def test_the_breaker_lets_one_request_try_after_the_pause(self):
        breaker = CircuitBreaker(failures=1, pause_seconds=0)
        breaker.failed()
        self.assertTrue(breaker.allows())
        breaker.succeeded()
        self.assertTrue(breaker.allows())


class InProcessTest(ServingCase, TestCase):
    def assert_answered(self):
        # A fresh application: middleware reads its settings when it is built.
        with (
            mock.patch("converter.wsgi.application", get_wsgi_application()),
            in_process_client() as http,
        ):
            self.assertEqual(http.post("/api/v1/classify/").status_code, 400)

    def test_it_reaches_the_projects_own_api(self):
        self.assert_answered()

    @override_settings(SECURE_SSL_REDIRECT=True)
    def test_it_is_not_sent_elsewhere_where_https_is_enforced(self):
        self.assert_answered()


class RouteTest(SimpleTestCase):
    content = encoded(logo())

    def convert(self, **options):
        return convert_logo(self.content, read_upload(self.content), Choice(**options))

    def test_each_type_takes_its_preset(self):
        for name in ("simple", "text", "gradient", "complex"):
            with self.subTest(name), classifier_says(name):
                result = self.convert()
                self.assertEqual(result.preset, name)
                self.assertIn(name, result.reason)
                self.assertEqual(result.classification.model_version, "v1")

    def test_an_unsure_answer_takes_the_general_preset(self):
        with classifier_says("text", 0.3):
            result = self.convert()
        self.assertEqual(result.preset, "general")
        self.assertIn("unsure", result.reason)

    def test_what_does_not_look_like_a_logo_takes_the_general_preset(self):
        with classifier_says("complex", 0.99, familiar=False):
            result = self.convert()
        self.assertEqual(result.preset, "general")
        self.assertIn("does not look like a logo", result.reason)

    def test_without_a_classifier_it_converts_and_says_so(self):
        with classifier_down():
            result = self.convert()
        self.assertEqual(result.preset, "general")
        self.assertIn("gave no answer", result.notice)

    def test_a_chosen_type_needs_no_classifier(self):
        with classifier_down():
            result = self.convert(logo_type="text")
        self.assertEqual((result.preset, result.notice), ("text", ""))

    @override_settings(CONVERTER_POOR_FIDELITY=1.01)
    def test_a_poor_match_is_tried_again_and_the_better_one_kept(self):
        with classifier_says("simple"):
            retried = self.convert()
        single = self.convert(preset="simple")
        self.assertGreaterEqual(retried.fidelity, single.fidelity)

    def test_unknown_names_are_refused(self):
        for option in ({"preset": "x"}, {"logo_type": "general"}):
            with self.subTest(option), self.assertRaises(ValueError):
                self.convert(**option)
