import json
from functools import partial
from io import StringIO
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from classifier.mirror.sending import mirror, waiting
from classifier.mirror.server import MlflowError, MlflowServer
from classifier.models import EpochMetric, MirroredRow, MirrorLease, ModelVersion
from classifier.versions.promotion import put_in_production
from tests.classifier.dashboard.test_pages import DashboardTestCase
from tests.support.builders import make_evaluation, make_version
from tests.support.mlflow import FakeMlflow


@override_settings(CLASSIFIER_MLFLOW_TRACKING_URI="http://mlflow.test/")
class MirrorTestCase(DashboardTestCase):
    def setUp(self):
        super().setUp()
        self.mlflow = FakeMlflow()
        server = partial(MlflowServer, transport=self.mlflow.transport)
        self.enterContext(mock.patch("classifier.mirror.sending.MlflowServer", server))

    def run_over_there(self):
        entry = MirroredRow.objects.get(kind="run", object_id=self.run_row.pk)
        return self.mlflow.runs[entry.remote_id]

    def finish_run(self):
        type(self.run_row).objects.filter(pk=self.run_row.pk).update(
            status="succeeded",
            finished_at=timezone.now(),
            analysis={"gap": 0.1, "findings": [{"title": "Good", "text": "It fits."}]},
        )


class SendingTests(MirrorTestCase):
    def test_a_run_is_sent_with_settings_and_measures_by_epoch(self):
        mirror()
        there = self.run_over_there()
        self.assertEqual(there["params"]["backbone"], self.run_row.config["backbone"])
        self.assertEqual(there["metrics"]["train_loss"], {1: 1.2, 2: 0.6})
        self.assertEqual(there["tags"]["classifier.dataset"], self.dataset.name)
        self.assertEqual(there["status"], "RUNNING")

    def test_its_end_and_its_analysis_follow(self):
        mirror()
        self.finish_run()
        mirror()
        there = self.run_over_there()
        self.assertEqual(there["status"], "FINISHED")
        self.assertIn("Good: It fits.", there["tags"]["mlflow.note.content"])
        self.assertEqual(there["metrics"]["analysis.gap"], {0: 0.1})
        name = next(name for name in self.mlflow.files if name.endswith("analysis.json"))
        self.assertEqual(json.loads(self.mlflow.files[name])["gap"], 0.1)

    def test_versions_become_registered_models_with_aliases(self):
        put_in_production(self.version)
        other = make_version("newer")
        mirror()
        first, second = self.mlflow.models["logo-classifier"]
        self.assertEqual(first["tags"]["classifier.version"], "tiny")
        self.assertEqual(self.mlflow.aliases, {"production": "1", "candidate": "2"})
        self.assertTrue(any(name.endswith("version/MLmodel") for name in self.mlflow.files))
        self.assertTrue(any(name.endswith("version/model.onnx") for name in self.mlflow.files))
        put_in_production(other)
        mirror()
        self.assertEqual(self.mlflow.aliases, {"production": "2"})
        self.assertEqual(second["tags"]["classifier.stage"], "production")

    def test_evaluations_are_measures_of_the_version(self):
        mirror()
        run = self.mlflow.models["logo-classifier"][0]["run_id"]
        measures = self.mlflow.runs[run]["metrics"]
        self.assertEqual(measures["drawn/test/neural/accuracy"], {0: self.evaluation.accuracy})
        self.assertIn("drawn/test/neural/recall_text", measures)

    def test_what_was_told_is_not_told_again(self):
        mirror()
        self.assertEqual(waiting(), 0)
        before = len(self.mlflow.calls)
        self.assertEqual(mirror(), 0)
        self.assertEqual(self.mlflow.calls[before:], ["/api/2.0/mlflow/experiments/get-by-name"])

    def test_what_was_deleted_over_there_is_made_anew(self):
        mirror()
        self.mlflow.runs.clear()
        EpochMetric.objects.filter(run=self.run_row, epoch=2).delete()
        mirror()
        self.assertEqual(self.run_over_there()["metrics"]["train_loss"], {1: 1.2})


class AwayTests(MirrorTestCase):
    def test_a_server_that_is_away_hears_it_later(self):
        self.mlflow.away = True
        with self.assertLogs("classifier.mirror.sending", "WARNING"):
            self.assertEqual(mirror(), 0)
        self.finish_run()
        self.mlflow.away = False
        self.assertGreater(mirror(), 0)
        self.assertEqual(self.run_over_there()["status"], "FINISHED")
        self.assertEqual(waiting(), 0)

    def test_one_that_goes_away_in_the_middle_hears_the_rest_later(self):
        original = MlflowServer.create_version

        def break_off(server, *args):
            self.mlflow.away = True
            return original(server, *args)

        with (
            mock.patch.object(MlflowServer, "create_version", break_off),
            self.assertLogs("classifier.mirror.sending", "WARNING"),
        ):
            mirror()
        self.assertIn("does not answer", MirroredRow.objects.get(kind="version").error)
        self.mlflow.away = False
        mirror()
        self.assertEqual(waiting(), 0)
        self.assertFalse(MirroredRow.objects.exclude(error="").exists())

    def test_what_it_refuses_stops_nothing_else(self):
        self.mlflow.refuses = "model-versions/create"
        with self.assertLogs("classifier.mirror.sending", "ERROR"):
            mirror()
        self.assertEqual(self.run_over_there()["status"], "RUNNING")
        self.assertIn("400", MirroredRow.objects.get(kind="version").error)

    def test_a_version_whose_files_are_gone_stops_nothing_else(self):
        ModelVersion.objects.filter(pk=self.version.pk).update(path="versions/gone")
        with self.assertLogs("classifier.mirror.sending", "ERROR"):
            mirror()
        self.assertEqual(self.run_over_there()["status"], "RUNNING")

    def test_one_process_at_a_time(self):
        MirrorLease.take(60)
        self.assertEqual(mirror(), 0)
        MirrorLease.give_back()
        self.assertGreater(mirror(), 0)

    @override_settings(CLASSIFIER_MLFLOW_TRACKING_URI="")
    def test_without_an_address_nothing_is_sent(self):
        self.assertEqual(mirror(), 0)
        self.assertEqual(self.mlflow.calls, [])

    def test_a_server_that_keeps_its_files_elsewhere_says_what_to_do(self):
        server = MlflowServer("http://mlflow.test", transport=self.mlflow.transport)
        with self.assertRaisesMessage(MlflowError, "--serve-artifacts"):
            server.upload("s3://bucket/1", "x", b"")


class PageTests(MirrorTestCase):
    def setUp(self):
        super().setUp()
        self.mlflow.refuses = "model-versions/create"
        with self.assertLogs("classifier.mirror.sending", "ERROR"):
            mirror()

    def test_the_page_of_work_lists_what_was_refused_and_why(self):
        page = self.client.get(reverse("dashboard:work"))
        self.assertContains(page, "Not told to MLflow")
        names = [(one["row"], one["page"]) for one in page.context["untold"]]
        self.assertIn((self.version, "dashboard:version"), names)
        self.assertContains(page, "INVALID_PARAMETER_VALUE")

    def test_what_was_told_since_is_not_listed(self):
        self.mlflow.refuses = ""
        mirror()
        self.assertNotContains(self.client.get(reverse("dashboard:work")), "Not told to MLflow")

    def test_what_was_deleted_since_is_not_listed(self):
        self.version.delete()
        self.assertNotContains(self.client.get(reverse("dashboard:work")), "Not told to MLflow")

    def test_a_worker_is_asked_to_try_again(self):
        with mock.patch("classifier.mirror.sending.current_app.send_task") as send:
            page = self.client.post(reverse("dashboard:mirror_again"), follow=True)
        send.assert_called_once_with("classifier.tasks.mirror_to_mlflow")
        self.assertContains(page, "A worker tells MLflow")

    def test_a_queue_that_is_away_is_told(self):
        error = OperationalError("Connection refused")
        with mock.patch("classifier.mirror.sending.current_app.send_task", side_effect=error):
            page = self.client.post(reverse("dashboard:mirror_again"), follow=True)
        self.assertContains(page, "The task queue cannot be reached")


class CommandTests(MirrorTestCase):
    def test_it_says_what_was_sent(self):
        make_evaluation(self.version, self.dataset, "val")
        out = StringIO()
        call_command("mirror", stdout=out)
        self.assertIn("rows sent", out.getvalue())
        self.assertIn("knows everything", out.getvalue())

    @override_settings(CLASSIFIER_MLFLOW_TRACKING_URI="")
    def test_it_asks_for_the_address(self):
        with self.assertRaisesMessage(CommandError, "Set MLFLOW_TRACKING_URI"):
            call_command("mirror")
