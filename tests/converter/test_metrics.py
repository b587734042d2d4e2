import json
import re
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.test import TestCase, TransactionTestCase

from classifier.accounts.tokens import create_token
from classifier.models import TrainingRun
from converter.models import Batch, BatchItem
from converter.tasks import delete_expired_conversions
from tests.converter.classifier import classifier_says
from tests.converter.test_page import upload
from tests.support.broker import real_broker, using_broker
from tests.support.serving import image_bytes

DASHBOARD = Path(settings.BASE_DIR) / "deploy" / "grafana-dashboard.json"
_NAME = re.compile(r"\b([a-z]\w+_(?:bucket|count|length|waiting|work|production))\b")


class MetricsCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("prometheus", is_staff=True)

    def page(self):
        self.client.force_login(self.user)
        return self.client.get("/metrics").content.decode()

    def value(self, start):
        """The sum of the samples whose line starts so."""
        lines = [line for line in self.page().splitlines() if line.startswith(start)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


class RightsTests(MetricsCase):
    def test_strangers_and_users_without_staff_status_see_nothing(self):
        self.assertEqual(self.client.get("/metrics").status_code, 403)
        self.client.force_login(User.objects.create_user("visitor"))
        self.assertEqual(self.client.get("/metrics").status_code, 403)

    def test_a_token_with_the_scope_read_is_enough(self):
        for scope, status in (("read", 200), ("convert", 403)):
            _, key = create_token(self.user, "prometheus", [scope])
            response = self.client.get("/metrics", headers={"Authorization": f"Bearer {key}"})
            self.assertEqual(response.status_code, status)


class MeasuringTests(MetricsCase):
    def test_requests_are_timed_by_view_and_status(self):
        name = 'http_request_seconds_count{method="GET",status="200",view="convert"}'
        before = self.value(name)
        self.client.get("/")
        self.assertEqual(self.value(name), before + 1)

    def test_unknown_addresses_make_no_labels(self):
        self.client.get("/wp-login.php")
        self.assertNotIn("wp-login", self.page())

    def test_conversions_are_timed_by_preset(self):
        name = 'conversion_seconds_count{outcome="done",preset="text"}'
        before = self.value(name)
        with classifier_says("text"):
            self.client.post("/", {"image": upload()})
        self.assertEqual(self.value(name), before + 1)

    def test_classifications_are_timed_by_method_and_version(self):
        name = 'classification_seconds_count{method="rules",model_version=""}'
        before = self.value(name)
        self.client.post(
            "/api/v1/classify/", {"image": upload(image_bytes("teal")), "method": "rules"}
        )
        self.assertEqual(self.value(name), before + 1)

    def test_states_are_counted_when_they_are_asked_for(self):
        TrainingRun.objects.create(config={}, status="lost")
        self.assertEqual(self.value('classifier_work{kind="training_run",status="lost"}'), 1)
        batch = Batch.objects.create(visitor="00000000-0000-0000-0000-000000000000")
        BatchItem.objects.create(batch=batch, position=0, name="a", upload="a")
        self.assertEqual(self.value("batch_items_waiting "), 1)

    def test_a_queue_that_is_away_is_left_out(self):
        with using_broker("redis://127.0.0.1:1/0"):
            page = self.page()
        self.assertNotIn("queue_length{", page)
        self.assertIn("batch_items_waiting", page)

    def test_the_dashboard_asks_for_what_there_is(self):
        with classifier_says("text"):
            self.client.post("/", {"image": upload()})
        self.client.post("/api/v1/classify/", {"image": upload(), "method": "rules"})
        page = self.page()
        panels = json.loads(DASHBOARD.read_text())["panels"]
        queries = [target["expr"] for panel in panels for target in panel["targets"]]
        asked = {name for query in queries for name in _NAME.findall(query)}
        self.assertGreater(len(asked), 7)
        unknown = {name for name in asked if not re.search(rf"^(# HELP )?{name}\b", page, re.M)}
        self.assertEqual(unknown, set())


class QueueTests(TransactionTestCase):
    def test_waiting_tasks_are_counted_by_queue(self):
        self.client.force_login(User.objects.create_user("prometheus", is_staff=True))
        with real_broker():
            for _ in range(3):
                delete_expired_conversions.delay()
            page = self.client.get("/metrics").content.decode()
        self.assertIn('queue_length{queue="short"} 3.0', page)
        self.assertIn('queue_length{queue="training"} 0.0', page)
