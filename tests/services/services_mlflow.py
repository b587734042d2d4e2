"""Runs, versions and evaluations mirrored to a real MLflow server, read back by its own client."""

import json
import subprocess
import tempfile
from pathlib import Path

from django.test import override_settings
from django.utils import timezone

from classifier.mirror.sending import mirror, waiting
from classifier.models import MirroredRow, TrainingRun
from classifier.versions.promotion import put_in_production
from tests.classifier.dashboard.test_pages import DashboardTestCase
from tests.services.servers import ROOT, Process, free_port, wait_for

BIN = ROOT / ".venv-mlflow" / "bin"


class MlflowTests(DashboardTestCase):
    def setUp(self):
        super().setUp()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        command = [
            BIN / "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
            "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
            "--artifacts-destination", str(folder / "files"),
        ]  # fmt: skip
        self.server = Process("mlflow", folder, command)
        self.enterContext(override_settings(CLASSIFIER_MLFLOW_TRACKING_URI=self.address))

    def seen_by_its_client(self):
        reader = Path(__file__).with_name("mlflow_reader.py")
        done = subprocess.run(
            [BIN / "python", reader, self.address], capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout.splitlines()[-1])

    def test_what_was_missed_while_it_was_away_is_read_by_its_own_client(self):
        put_in_production(self.version)
        with self.assertLogs("classifier.mirror.sending", "WARNING"):
            self.assertEqual(mirror(), 0)  # it is not up yet
        TrainingRun.objects.filter(pk=self.run_row.pk).update(
            status="succeeded",
            finished_at=timezone.now(),
            analysis={"gap": 0.1, "findings": [{"title": "Good", "text": "It fits."}]},
        )
        self.server.start()
        self.addCleanup(self.server.stop)
        wait_for(mirror, "the server takes it", seconds=180)
        self.assertEqual(waiting(), 0)
        self.assertFalse(MirroredRow.objects.exclude(error="").exists())
        seen = self.seen_by_its_client()
        self.assertEqual((seen["status"], seen["note"]), ("FINISHED", "- Good: It fits."))
        self.assertEqual(seen["backbone"], self.run_row.config["backbone"])
        self.assertEqual(seen["losses"], [1.3, 0.65])
        self.assertEqual((seen["version"], seen["manifest"]), ("tiny", "tiny"))
        self.assertEqual(seen["flavours"], ["onnx"])
        self.assertIn("drawn/test/neural/accuracy", seen["measures"])
