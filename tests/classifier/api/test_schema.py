"""What generated requests get: never a server error, never an answer outside the schema."""

import schemathesis
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import TestCase, override_settings
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from classifier.live import traffic
from classifier.models import Dataset, ModelVersion, TrainingRun
from converter.wsgi import application
from tests.classifier.api.test_resources import make_dataset
from tests.support.serving import ServingCase, image_bytes

_CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
_EXAMPLES = settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@override_settings(CLASSIFIER_COLLECT_PROPOSALS=True)
class SchemaTestCase(ServingCase, TestCase):
    def setUp(self):
        super().setUp()
        # Requests to the bare application would close the test's connection, and its transaction.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
            self.addCleanup(signal.connect, close_old_connections)
        self.serve()
        make_dataset(images=1)
        self.client.force_login(User.objects.create_superuser("boss"))
        token = "a" * 32
        session = self.client.cookies["sessionid"].value
        self.request = {
            "headers": {"X-CSRFToken": token, "Host": "localhost"},
            "cookies": {"sessionid": session, "csrftoken": token},
        }

    def test_generated_requests(self):
        schema = schemathesis.openapi.from_wsgi(
            "/api/schema/", application, headers=self.request["headers"]
        )
        count = 0
        for result in schema.get_all_operations():
            operation = result.ok()
            with self.subTest(operation.label):
                self.call(operation)
            count += 1
        self.assertGreater(count, 22)

    def test_what_is_there(self):
        """Generated ids seldom meet a row: the answers for what exists are held against it here."""
        schema = schemathesis.openapi.from_wsgi(
            "/api/schema/", application, headers=self.request["headers"]
        )
        answer = str(traffic.record([traffic.answer(image_bytes(), "hybrid")])[0].pk)
        rows = {
            "versions": ModelVersion.objects.get().pk,
            "datasets": Dataset.objects.get().pk,
            "runs": TrainingRun.objects.create(config={}).pk,
            "predictions": answer,
        }
        for room, pk in rows.items():
            self.hold(schema[f"/api/v1/{room}/"]["GET"].Case())
            self.hold(schema[f"/api/v1/{room}/{{id}}/"]["GET"].Case(path_parameters={"id": pk}))
        feedback = schema["/api/v1/predictions/{id}/feedback/"]["POST"]
        body = {"right": False, "true_type": "text"}
        self.hold(
            feedback.Case(path_parameters={"id": answer}, body=body, media_type="application/json")
        )

    def hold(self, case):
        response = case.call_and_validate(**self.request, checks=_CHECKS)
        self.assertEqual(response.status_code, 200, case.operation.label)

    def call(self, operation):
        @given(case=operation.as_strategy())
        @_EXAMPLES
        def check(case):
            response = case.call_and_validate(**self.request, checks=_CHECKS)
            self.assertNotEqual(response.status_code, 403)  # nothing would have been tried

        check()
