import httpx
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import SimpleTestCase, TestCase

from classifier.client import ClassifierClient, RefusedError, UnavailableError
from classifier.models import LivePrediction
from tests.converter.classifier import answer
from tests.support.serving import ServingCase, image_bytes

_PROBLEM = {"status": 400, "detail": "image: no", "errors": {"image": ["no"]}}


def client(handler):
    http = httpx.Client(transport=httpx.MockTransport(handler), base_url="http://classifier/sub")
    return ClassifierClient(http)


class RequestTestCase(SimpleTestCase):
    def test_it_posts_the_image_with_the_options(self):
        seen = []

        def handle(request):
            seen.append((request.method, request.url.path, request.read()))
            return httpx.Response(200, json=answer("text", 0.8))

        found = client(handle).classify(b"the image", method="neural", time_budget_ms=5)
        method, path, body = seen[0]
        self.assertEqual((method, path), ("POST", "/sub/api/v1/classify/"))
        for part in (b"the image", b"neural", b"time_budget_ms"):
            self.assertIn(part, body)
        self.assertEqual((found.logo_type, found.confidence, found.certain), ("text", 0.8, True))

    def test_it_tries_once_more_when_the_connection_breaks(self):
        for error in (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError):
            calls = []

            def handle(request, calls=calls, error=error):
                calls.append(request)
                if len(calls) == 1:
                    raise error("broken")
                return httpx.Response(200, json=answer("simple"))

            self.assertEqual(client(handle).classify(b"x").logo_type, "simple")
            self.assertEqual(len(calls), 2)

    def test_it_gives_up_after_that_and_does_not_repeat_what_took_too_long(self):
        for error, count in ((httpx.ConnectError, 2), (httpx.ReadTimeout, 1)):
            calls = []

            def handle(request, calls=calls, error=error):
                calls.append(request)
                raise error("no")

            with self.assertRaises(UnavailableError):
                client(handle).classify(b"x")
            self.assertEqual(len(calls), count)

    def test_it_tells_trouble_from_refusal(self):
        for response in (
            httpx.Response(503, json={"detail": "x"}),
            httpx.Response(200, text="<html>"),
            httpx.Response(200, json=[]),
            httpx.Response(200, json={"logo_type": "text"}),
            httpx.Response(200, json=answer("text") | {"confidence": "high"}),
        ):
            with self.assertRaises(UnavailableError):
                client(lambda request, response=response: response).classify(b"x")
        with self.assertRaises(RefusedError) as caught:
            client(lambda request: httpx.Response(400, json=_PROBLEM)).classify(b"x")
        self.assertEqual((caught.exception.status, str(caught.exception)), (400, "image: no"))
        self.assertEqual(caught.exception.errors, {"image": ["no"]})
        with self.assertRaises(RefusedError) as caught:
            client(lambda request: httpx.Response(404, json="gone")).classify(b"x")
        self.assertEqual(caught.exception.status, 404)

    def test_many_images_go_in_portions(self):
        sizes = []

        def handle(request):
            count = request.read().count(b'name="images"')
            sizes.append(count)
            result = {"name": "", "answer": answer("text"), "problem": None}
            return httpx.Response(200, json={"results": [result] * count})

        self.assertEqual(len(client(handle).classify_many([b"x"] * 130)), 130)
        self.assertEqual(client(handle).classify_many([]), [])
        self.assertEqual(len(client(handle).classify_many([bytes(25 * 2**20)] * 3)), 3)
        self.assertEqual(sizes, [64, 64, 2, 2, 1])

    def test_too_few_results_are_no_answer(self):
        response = httpx.Response(200, json={"results": []})
        with self.assertRaises(UnavailableError):
            client(lambda request: response).classify_many([b"x"])


class ServiceTestCase(ServingCase, TestCase):
    """The client against the real API."""

    def setUp(self):
        super().setUp()
        # Requests to the bare application would close the test's connection, and its transaction.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
            self.addCleanup(signal.connect, close_old_connections)
        self.serve()
        transport = httpx.WSGITransport(app=get_wsgi_application())
        http = httpx.Client(transport=transport, base_url="http://localhost")
        self.service = self.enterContext(ClassifierClient(http))

    def test_one_image(self):
        found = self.service.classify(image_bytes("blue"))
        self.assertEqual((found.logo_type, found.method), ("gradient", "neural"))
        with self.assertRaises(RefusedError) as caught:
            self.service.classify(b"nonsense")
        self.assertEqual(list(caught.exception.errors), ["image"])

    def test_many_images(self):
        first, second, third = self.service.classify_many(
            [image_bytes("blue"), b"nonsense", image_bytes("red")], method="neural"
        )
        self.assertEqual((first.logo_type, third.logo_type), ("gradient", "simple"))
        self.assertEqual((second.status, list(second.errors)), (400, ["image"]))
        with self.assertRaises(RefusedError):
            self.service.classify_many([b"x"], method="magic")

    def test_feedback(self):
        found = self.service.classify(image_bytes("blue"))
        self.service.send_feedback(found.id, right=False, true_type="text")
        self.assertEqual(LivePrediction.objects.get(pk=found.id).true_type, "text")
        with self.assertRaises(RefusedError):
            self.service.send_feedback("no-such-answer", right=True)
