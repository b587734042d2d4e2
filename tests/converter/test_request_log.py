import json
import logging
import sys

from django.test import SimpleTestCase, TestCase

from classifier.tasks import carry_out
from converter.monitoring.request_log import JsonFormatter, RequestIdFilter, current_request_id


class RequestIdTests(SimpleTestCase):
    def test_each_answer_has_an_id_of_its_own(self):
        one, other = (self.client.get("/healthz")["X-Request-ID"] for _ in range(2))
        self.assertRegex(one, r"^[0-9a-f]{32}$")
        self.assertNotEqual(one, other)

    def test_it_keeps_a_proxys_id(self):
        response = self.client.get("/healthz", headers={"X-Request-ID": "edge-17"})
        self.assertEqual(response["X-Request-ID"], "edge-17")

    def test_it_replaces_an_id_that_could_forge_log_lines(self):
        for bad in ("a\tb", "x" * 65, "{}", "é"):
            response = self.client.get("/healthz", headers={"X-Request-ID": bad})
            self.assertRegex(response["X-Request-ID"], r"^[0-9a-f]{32}$")

    def test_one_line_per_request_but_none_for_probes(self):
        with self.assertLogs("converter.monitoring.request_log", "INFO") as logs:
            self.client.get("/accounts/login/")
            self.client.get("/healthz")
        self.assertEqual(len(logs.records), 1)
        self.assertRegex(logs.output[0], r"GET /accounts/login/ 200 in \d+ ms")


class TaskTests(TestCase):
    def test_lines_of_a_task_name_it_and_its_row(self):
        with self.assertLogs("classifier", "INFO") as logs:
            logging.getLogger("classifier").handlers[0].addFilter(RequestIdFilter())
            carry_out.apply(("training_run", 4711))
        ids = [record.request_id for record in logs.records]
        self.assertEqual(ids, ["carry_out-training_run-4711"])
        self.assertEqual(current_request_id(), "")


class JsonFormatterTests(SimpleTestCase):
    def test_a_line_is_json_with_the_exception(self):
        try:
            raise ValueError("broken")
        except ValueError:
            record = logging.LogRecord("room", 40, "f.py", 1, "It %s", ("ends\n",), sys.exc_info())
        RequestIdFilter().filter(record)
        line = JsonFormatter().format(record)
        self.assertNotIn("\n", line)
        entry = json.loads(line)
        self.assertEqual((entry["message"], entry["request_id"]), ("It ends\n", "-"))
        self.assertIn("ValueError: broken", entry["exception"])
