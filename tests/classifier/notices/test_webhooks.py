"""Where webhooks may go, and what arrives there."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from unittest import mock

import httpx
from django.core import mail
from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone

from classifier.models import Delivery, Event, Notice, Subscription
from classifier.notices import delivering
from classifier.notices.delivering import ATTEMPTS, send_due
from classifier.notices.subscribing import SubscriptionError, subscribe
from classifier.notices.telling import forget_old, tell
from classifier.notices.webhooks import RefusedAddressError, check_url, post, resolve


class Receiver(HTTPServer):
    """Keeps the requests that arrive, and answers with `status`."""

    def __init__(self):
        self.requests, self.status = [], 200
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/hook?a=1"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


class ReceiverCase:
    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        self.addCleanup(self.receiver.server_close)
        self.addCleanup(self.receiver.shutdown)


def found(*addresses):
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, 443)) for name in addresses]
    return mock.patch("socket.getaddrinfo", return_value=entries)


class AddressTests(SimpleTestCase):
    def test_only_plain_https_addresses_are_taken(self):
        for url in (
            "http://example.org/", "ftp://example.org/", "https://", "example.org", "https://a b/",
            "https://user:secret@example.org/", "https://example.org/#part", "https://[::1",
            "https://example.org:99999/", "https://example.org/" + 500 * "x", "https://ex\nample/",
        ):  # fmt: skip
            with self.subTest(url), self.assertRaises(RefusedAddressError):
                check_url(url)
        self.assertEqual(check_url("https://example.org:8443/a?b=c").port, 8443)

    def test_addresses_of_private_networks_are_refused(self):
        for address in (
            "127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.9", "169.254.169.254", "0.0.0.0",
            "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fd00::1",
            "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::",
        ):  # fmt: skip
            with (
                self.subTest(address),
                found(address),
                self.assertRaisesMessage(RefusedAddressError, "within a network"),
            ):
                resolve("example.org", 443)

    def test_a_name_with_one_private_address_is_refused(self):
        with found("93.184.216.34", "10.0.0.1"), self.assertRaises(RefusedAddressError):
            resolve("example.org", 443)

    def test_a_public_address_is_taken(self):
        with found("93.184.216.34"):
            self.assertEqual(resolve("example.org", 443), "93.184.216.34")

    def test_numbers_in_disguise_are_resolved_before_they_are_judged(self):
        for host in ("2130706433", "0x7f000001", "127.1", "localhost"):
            with self.subTest(host), self.assertRaises(RefusedAddressError):
                resolve(host, 443)

    def test_the_connection_goes_to_the_address_that_was_checked(self):
        sent = []

        def answer(request):
            sent.append(request)
            return httpx.Response(200)

        client = httpx.Client
        with (
            found("93.184.216.34"),
            mock.patch(
                "classifier.notices.webhooks.httpx.Client",
                lambda **options: client(transport=httpx.MockTransport(answer), **options),
            ),
        ):
            self.assertEqual(post("https://example.org/hook?x=1", "a2V5", "m", 1, b"{}"), 200)
        (request,) = sent
        self.assertEqual(str(request.url), "https://93.184.216.34/hook?x=1")
        self.assertEqual(request.headers["Host"], "example.org")
        self.assertEqual(request.extensions["sni_hostname"], "example.org")


@override_settings(CLASSIFIER_WEBHOOKS_TO_PRIVATE=True)
class DeliveryTests(ReceiverCase, TestCase):
    def subscribe(self, *events):
        events = events or (Event.RUN_ENDED,)
        return subscribe("webhook", self.receiver.url, events, None)

    def test_a_receiver_can_check_who_sent_it_and_when(self):
        _, key = self.subscribe()
        tell(Event.RUN_ENDED, "Run 7: succeeded", "Trained.", run=7)
        self.assertEqual(send_due(), 1)
        ((path, headers, body),) = self.receiver.requests
        self.assertEqual(path, "/hook?a=1")
        content = json.loads(body)
        self.assertEqual((content["type"], content["data"]["run"]), ("run.ended", 7))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        secret = base64.b64decode(key.removeprefix("whsec_"))
        digest = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        self.assertEqual(headers["webhook-signature"], f"v1,{digest}")
        self.assertLess(abs(timezone.now().timestamp() - int(headers["webhook-timestamp"])), 60)

    def test_only_what_was_wished_for_is_told(self):
        self.subscribe(Event.DRIFT)
        tell(Event.RUN_ENDED, "Run 7", "")
        self.assertEqual(send_due(), 0)
        self.assertFalse(Notice.objects.exists())

    def test_a_refusal_is_tried_again_later_and_later_and_then_given_up(self):
        self.subscribe()
        self.receiver.status = 500
        tell(Event.RUN_ENDED, "Run 7", "")
        pauses = []
        for _ in range(ATTEMPTS + 2):
            send_due()
            delivery = Delivery.objects.get()
            if delivery.next_at is None:
                break
            pauses.append(delivery.next_at - timezone.now())
            self.assertEqual(send_due(), 0)  # not before its time
            Delivery.objects.update(next_at=timezone.now())
        self.assertEqual(len(self.receiver.requests), ATTEMPTS)
        self.assertEqual(pauses, sorted(pauses))
        self.assertGreater(pauses[-1], timedelta(hours=5))
        self.assertEqual((delivery.state, delivery.answer), ("given up", "It answered 500."))
        ids = {headers["webhook-id"] for _, headers, _ in self.receiver.requests}
        self.assertEqual(len(ids), 1)

    def test_a_retry_that_succeeds_ends_it(self):
        self.subscribe()
        self.receiver.status = 503
        tell(Event.RUN_ENDED, "Run 7", "")
        send_due()
        self.receiver.status = 204
        Delivery.objects.update(next_at=timezone.now())
        self.assertEqual(send_due(), 1)
        delivery = Delivery.objects.get()
        self.assertEqual((delivery.state, delivery.attempts), ("delivered", 2))

    def test_a_redirect_is_not_followed(self):
        self.subscribe()
        self.receiver.status = 302
        tell(Event.RUN_ENDED, "Run 7", "")
        send_due()
        self.assertEqual([path for path, *_ in self.receiver.requests], ["/hook?a=1"])
        self.assertEqual(Delivery.objects.get().answer, "It answered 302.")

    def test_two_workers_at_once_send_one_request(self):
        self.subscribe()
        tell(Event.RUN_ENDED, "Run 7", "")
        row = Delivery.objects.select_related("notice", "subscription").get()
        self.assertTrue(delivering._try(row))
        self.assertFalse(delivering._try(row))
        self.assertEqual(len(self.receiver.requests), 1)

    def test_an_address_that_became_private_is_refused_when_it_is_sent(self):
        self.subscribe()
        tell(Event.RUN_ENDED, "Run 7", "")
        Subscription.objects.update(address="https://localhost/")
        with override_settings(CLASSIFIER_WEBHOOKS_TO_PRIVATE=False):
            self.assertEqual(send_due(), 0)
        self.assertIn("within a network", Delivery.objects.get().answer)

    def test_nobody_there_is_an_answer_too(self):
        self.subscribe()
        tell(Event.RUN_ENDED, "Run 7", "")
        Subscription.objects.update(address="http://127.0.0.1:9/")
        self.assertEqual(send_due(), 0)
        self.assertIn("refused", Delivery.objects.get().answer.lower())


class MailTests(TestCase):
    def test_a_mail_says_what_happened_and_where_to_look(self):
        subscribe("mail", "a@example.org", [Event.RUN_ENDED], None)
        with override_settings(CLASSIFIER_SITE_URL="https://logos.example/"):
            tell(Event.RUN_ENDED, "Run 7:\nfailed", "The disk is full.", path="/dashboard/runs/7/")
        self.assertEqual(send_due(), 1)
        (message,) = mail.outbox
        self.assertEqual((message.to, message.subject), (["a@example.org"], "Run 7: failed"))
        self.assertIn("https://logos.example/dashboard/runs/7/", message.body)

    def test_a_mail_server_that_is_away_is_asked_again(self):
        subscribe("mail", "a@example.org", [Event.RUN_ENDED], None)
        tell(Event.RUN_ENDED, "Run 7", "")
        with mock.patch(
            "classifier.notices.delivering.send_mail", side_effect=ConnectionRefusedError("away")
        ):
            self.assertEqual(send_due(), 0)
        self.assertEqual(Delivery.objects.get().state, "waiting")


class SubscribingTests(TestCase):
    def test_nonsense_is_refused_with_a_reason(self):
        for channel, address, events, reason in (
            ("mail", "nobody", [Event.DRIFT], "no mail address"),
            ("mail", "a@example.org\nBcc: b@example.org", [Event.DRIFT], "no mail address"),
            ("webhook", "http://example.org/", [Event.DRIFT], "https"),
            ("pigeon", "a@example.org", [Event.DRIFT], "mail or webhook"),
            ("mail", "a@example.org", ["nothing"], "at least one event"),
        ):
            with self.subTest(address), self.assertRaisesMessage(SubscriptionError, reason):
                subscribe(channel, address, events, None)
        self.assertFalse(Subscription.objects.exists())

    def test_the_same_is_told_once_a_week(self):
        subscribe("mail", "a@example.org", [Event.DRIFT], None)
        for _ in range(2):
            tell(Event.DRIFT, "Drift", "", key="drift:1:types")
        self.assertEqual(Delivery.objects.count(), 1)
        Notice.objects.update(at=timezone.now() - timedelta(days=8))
        tell(Event.DRIFT, "Drift", "", key="drift:1:types")
        self.assertEqual(Delivery.objects.count(), 2)

    def test_old_notices_are_forgotten(self):
        subscribe("mail", "a@example.org", [Event.DRIFT], None)
        tell(Event.DRIFT, "Drift", "")
        Notice.objects.update(at=timezone.now() - timedelta(days=91))
        forget_old()
        self.assertFalse(Delivery.objects.exists())
