import os
import subprocess
import sys
from functools import partial
from unittest import mock

from celery import current_app
from celery.app.trace import build_tracer
from celery.signals import before_task_publish
from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase, TestCase
from django.urls import reverse
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from classifier.models import LabelSelection
from converter.monitoring import spans
from tests.support.builders import make_admin


class SpanTestCase(TestCase):
    def setUp(self):
        self.exporter = InMemorySpanExporter()
        spans.start(SimpleSpanProcessor(self.exporter))
        self.addCleanup(spans.stop)

    def spans(self):
        return {span.name: span for span in self.exporter.get_finished_spans()}


class RequestTests(SpanTestCase):
    def test_a_request_is_a_span_with_its_address_and_answer(self):
        self.client.get("/accounts/login/")
        (span,) = self.exporter.get_finished_spans()
        self.assertIn("accounts/login/", span.name)
        self.assertEqual(span.attributes["http.status_code"], 200)

    def test_probes_are_left_out(self):
        self.client.get("/healthz")
        self.assertEqual(self.exporter.get_finished_spans(), ())

    def test_a_task_belongs_to_the_request_that_caused_it(self):
        self.client.force_login(make_admin())
        sent = []
        keep = partial(self.keep, sent)
        before_task_publish.connect(keep, weak=False)
        self.addCleanup(before_task_publish.disconnect, keep)
        with (
            mock.patch("kombu.messaging.Producer.publish"),
            # A test's transaction is never committed; a request's is, before its span ends.
            mock.patch("classifier.work.queue.transaction.on_commit", lambda send: send()),
        ):
            self.client.post(reverse("dashboard:label_next_start"))
        LabelSelection.objects.update(status="succeeded")  # nothing is left to do
        ((headers, body),) = sent
        current_app.loader.import_default_modules()
        task = current_app.tasks["classifier.tasks.carry_out"]
        run_task = build_tracer(task.name, task, app=current_app)
        run_task(headers["id"], body[0], body[1], headers)
        found = self.spans()
        request = next(span for name, span in found.items() if "label-next/start" in name)
        sending = found["apply_async/classifier.tasks.carry_out"]
        running = found["run/classifier.tasks.carry_out"]
        self.assertEqual(sending.parent.span_id, request.context.span_id)
        self.assertEqual(running.parent.span_id, sending.context.span_id)
        self.assertEqual(running.context.trace_id, request.context.trace_id)

    def keep(self, sent, headers=None, body=None, **message):
        sent.append((headers, body))


class ConversionTests(SpanTestCase):
    def test_a_conversion_is_a_span_of_its_own(self):
        from converter.conversion import READ_SIDE, Choice, convert_logo
        from converter.images import read_logo
        from tests.converter.images import encoded, logo

        content = encoded(logo())
        result = convert_logo(content, read_logo(content, READ_SIDE), Choice(preset="simple"))
        span = self.spans()["conversion"]
        self.assertEqual(span.attributes["conversion.preset"], result.preset)
        self.assertAlmostEqual(span.attributes["conversion.fidelity"], result.fidelity)


class SettingTests(SimpleTestCase):
    def test_it_is_off_unless_the_environment_asks(self):
        for environment, expected in (
            ({}, False),
            ({"OTEL_TRACES_EXPORTER": "none"}, False),
            ({"OTEL_TRACES_EXPORTER": "console"}, True),
            ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
            ({"OTEL_TRACES_EXPORTER": "console", "OTEL_SDK_DISABLED": "true"}, False),
        ):
            with mock.patch.dict(os.environ, environment):
                self.assertEqual(spans.wanted(), expected, environment)

    def test_without_it_no_package_of_it_is_imported(self):
        code = (
            "import sys, converter.wsgi, converter.celery\n"
            "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_an_unknown_exporter_is_named(self):
        with (
            mock.patch.dict(os.environ, {"OTEL_TRACES_EXPORTER": "zipkin"}),
            self.assertRaisesMessage(ImproperlyConfigured, "zipkin"),
        ):
            spans.start_if_wanted()

    def test_a_missing_package_says_what_to_install(self):
        with (
            mock.patch.dict(os.environ, {"OTEL_TRACES_EXPORTER": "otlp"}),
            mock.patch.dict(sys.modules, {"opentelemetry.exporter.otlp": None}),
            mock.patch.dict(
                sys.modules, {"opentelemetry.exporter.otlp.proto.http.trace_exporter": None}
            ),
            self.assertRaisesMessage(ImproperlyConfigured, "logo-classifier[opentelemetry]"),
        ):
            spans.start_if_wanted()
