import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
from django.test import SimpleTestCase

from tests.services.servers import ROOT, Process, Topology, free_port, wait_for
from tests.support.serving import image_bytes

_OUTAGE_SECONDS = 10
_STALE_RUN = (
    "from datetime import timedelta\n"
    "from django.utils import timezone\n"
    "from classifier.models import TrainingRun\n"
    "run = TrainingRun.objects.create(config={}, status='running',\n"
    "    heartbeat_at=timezone.now() - timedelta(hours=1))\n"
)
_MARK = "from classifier.tasks import mark_lost_work\nmark_lost_work.delay()\n"
_SECOND = """
from pathlib import Path
from django.conf import settings
from tests.support.versions import make_version_folder
from classifier.versions.registry import register_version
register_version(make_version_folder(Path(settings.CLASSIFIER_ROOT) / "versions", "other"))
"""
_PROMOTE = """
from classifier.models import ModelVersion
from classifier.versions.promotion import put_in_production
put_in_production(ModelVersion.objects.get(name="{}"))
"""
_TOKEN = """
from django.contrib.auth.models import User
from classifier.accounts.tokens import create_token
user = User.objects.create_user("prometheus", is_staff=True)
print(create_token(user, "metrics", ["read"])[1])
"""
_TRAIN = """
from classifier.models import Dataset
from classifier.runs.lifecycle import start_run
from classifier.training.config import TrainingConfig
config = TrainingConfig(backbone="efficientnet_lite0", input_size=32, batch_size=8,
    head_epochs=2, top_epochs=0, full_epochs=0)
print(start_run(Dataset.objects.get(name="drawn"), config).pk)
"""


class TopologyTests(SimpleTestCase):
    """One topology for all tests: each leaves it whole."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="services-")
        cls.addClassCleanup(folder.cleanup)
        cls.topology = Topology(folder.name)
        cls.addClassCleanup(cls.topology.stop)
        cls.topology.start()
        cls.serve_a_model(Path(folder.name))
        cls.http = httpx.Client(base_url=cls.topology.address, timeout=30)
        cls.addClassCleanup(cls.http.close)

    @classmethod
    def serve_a_model(cls, folder):
        cls.topology.shell(
            "from pathlib import Path\n"
            "from django.conf import settings\n"
            "from tests.support.versions import make_version_folder\n"
            "from classifier.versions.promotion import put_in_production\n"
            "from classifier.versions.registry import register_version\n"
            "folder = make_version_folder(Path(settings.CLASSIFIER_ROOT) / 'versions', 'tiny')\n"
            "put_in_production(register_version(folder))\n"
        )

    def classify(self):
        return self.http.post("/api/v1/classify/", files={"image": ("a.png", image_bytes())})

    def status_of(self, run):
        code = (
            f"from classifier.models import TrainingRun as T\nprint(T.objects.get(pk={run}).status)"
        )
        return self.topology.shell(code)

    def ready(self):
        try:
            return self.http.get("/readyz").json()["status"]
        except httpx.HTTPError as error:
            return type(error).__name__

    def wait_until_ready(self):
        wait_for(lambda: self.ready() == "ok", "everything is ready again")

    def test_it_is_ready_and_classifies_and_converts(self):
        self.wait_until_ready()
        self.assertEqual(self.classify().json()["model_version"], "tiny")
        files = {"image": ("a.png", image_bytes("blue", (96, 96)))}
        response = self.http.post("/api/v1/conversions/", files=files)
        self.assertEqual(response.status_code, 201, response.text)
        self.assertIn("<svg", self.http.get(response.json()["svg"]).text)

    def test_a_training_run_goes_through_the_training_worker(self):
        build = (
            "from classifier.datasets.building import build_synthetic\n"
            "build_synthetic('drawn', 16)\n"
        )
        run = self.topology.shell(build + _TRAIN)
        ends = ("succeeded", "failed", "lost", "cancelled")
        status = wait_for(
            lambda: (s := self.status_of(run)) in ends and s, "the run ends", seconds=240
        )
        self.assertEqual(status, "succeeded", self.topology.training.log.read_text()[-3000:])

    def test_a_short_task_of_a_killed_worker_is_done_by_the_next(self):
        worker = self.topology.short
        pool = wait_for(
            lambda: psutil.Process(worker.process.pid).children(recursive=True), "the pool is there"
        )
        for child in pool:
            child.suspend()  # the task is taken, and never done
        run = self.topology.shell(_STALE_RUN + _MARK + "print(run.pk)")
        taken = "Task classifier.tasks.mark_lost_work["
        wait_for(lambda: taken in worker.log.read_text(), "the task was taken")
        worker.kill()
        self.assertEqual(self.status_of(run), "running")
        worker.start()
        wait_for(lambda: self.status_of(run) == "lost", "the task was delivered again")

    def test_requests_go_on_while_the_queue_is_away_and_workers_come_back(self):
        self.topology.redis.stop()
        try:
            until = time.monotonic() + _OUTAGE_SECONDS
            while time.monotonic() < until:
                self.assertEqual(self.classify().status_code, 200)
                time.sleep(0.5)
            self.assertEqual(self.ready(), "degraded")
        finally:
            self.topology.redis.start()
        self.wait_until_ready()
        run = self.topology.shell(_STALE_RUN + _MARK + "print(run.pk)")
        wait_for(lambda: self.status_of(run) == "lost", "the worker works again")

    def test_requests_get_a_503_while_the_database_is_away_and_all_comes_back(self):
        self.topology.postgres.stop()
        try:
            until = time.monotonic() + _OUTAGE_SECONDS
            while time.monotonic() < until:
                self.assertIn(self.classify().status_code, (200, 503))
                self.assertEqual(self.http.get("/healthz").status_code, 200)
                time.sleep(0.5)
            answer = self.http.get("/readyz")
            self.assertEqual(answer.status_code, 503)
            self.assertIn("cannot be reached", answer.json()["checks"]["database"])
            login = self.http.post("/accounts/login/", data={"username": "a", "password": "b"})
            self.assertIn(login.status_code, (403, 503))
        finally:
            self.topology.postgres.start()
        self.wait_until_ready()
        self.assertEqual(self.classify().status_code, 200)
        run = self.topology.shell(_STALE_RUN + _MARK + "print(run.pk)")
        wait_for(lambda: self.status_of(run) == "lost", "the worker works again")

    def test_a_promotion_under_load_drops_no_request_and_each_answer_names_its_version(self):
        self.wait_until_ready()
        self.topology.shell(_SECOND)
        with ThreadPoolExecutor(4) as pool:
            ended = threading.Event()
            asking = [pool.submit(self.ask_until, ended) for _ in range(3)]
            for name in ("other", "tiny", "other"):
                self.topology.shell(_PROMOTE.format(name))
            # Two at once: one comes after the other.
            names = ("tiny", "other")
            both = [subprocess.Popen(self.shell_command(_PROMOTE.format(n)), cwd=ROOT,
                                     env=self.topology.environment) for n in names]  # fmt: skip
            self.assertEqual([process.wait(60) for process in both], [0, 0])
            self.topology.shell(_PROMOTE.format("tiny"))
            ended.set()
            answers = [answer for asked in asking for answer in asked.result()]
        self.assertEqual({status for status, _ in answers}, {200})
        self.assertEqual({version for _, version in answers}, {"tiny", "other"})
        count = "ModelVersion.objects.filter(stage='production').count()"
        printed = self.topology.shell(f"from classifier.models import ModelVersion\nprint({count})")
        self.assertEqual(printed, "1")
        self.assertEqual(self.classify().json()["model_version"], "tiny")

    def ask_until(self, ended):
        """Classify one image after the other; return each answer's status and version."""
        answers = []
        with httpx.Client(base_url=self.topology.address, timeout=30) as client:
            while not ended.is_set():
                image = image_bytes("red", (64, 64)) + random.randbytes(8)
                response = client.post("/api/v1/classify/", files={"image": ("a.png", image)})
                answers.append((response.status_code, response.json().get("model_version")))
        return answers

    def shell_command(self, code):
        return [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]

    def test_a_backup_is_restored_beside_the_original(self):
        self.wait_until_ready()
        files = {"image": ("a.png", image_bytes("blue", (96, 96)))}
        made = self.http.post("/api/v1/conversions/", files=files).json()
        drawing = self.http.get(made["svg"]).text
        with restored(self.topology) as web:
            copy = httpx.Client(base_url=web, timeout=30, cookies=self.http.cookies)
            self.assertEqual(copy.get(made["svg"]).text, drawing)
            answer = copy.post("/api/v1/classify/", files={"image": ("a.png", image_bytes())})
            self.assertEqual(answer.json()["model_version"], "tiny")
            self.assertEqual(copy.get("/readyz").json()["status"], "ok")

    def test_metrics_of_both_web_processes_are_summed_up(self):
        key = self.topology.shell(_TOKEN)
        labels = 'method="POST",status="200",view="classifier-api:classify"'
        counted = f"http_request_seconds_count{{{labels}}}"

        def count():
            page = self.http.get("/metrics", headers={"Authorization": f"Bearer {key}"}).text
            lines = [line for line in page.splitlines() if line.startswith(counted)]
            return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

        before = count()
        for _ in range(20):
            with httpx.Client(base_url=self.topology.address, timeout=30) as fresh:
                fresh.post("/api/v1/classify/", files={"image": ("a.png", image_bytes())})
        self.assertEqual(count(), before + 20)


@contextmanager
def restored(topology):
    """Restore a backup of a topology to another database and folder; yield the address of its web.

    These are the steps of docs/operations.md.
    """
    postgres, folder = topology.postgres, topology.folder / "restored"
    dump = subprocess.run(
        [postgres.programs / "pg_dump", postgres.url], check=True, capture_output=True
    ).stdout
    for name in ("media", "classifier"):
        shutil.copytree(topology.folder / "var" / name, folder / name)
    shutil.copy(topology.folder / "var" / "secret_key", folder)
    psql = [postgres.programs / "psql", "--quiet", "-v", "ON_ERROR_STOP=1"]
    subprocess.run([*psql, postgres.url, "-c", "CREATE DATABASE restored"], check=True)
    url = f"{postgres.url.rsplit('/', 1)[0]}/restored"
    subprocess.run([*psql, url], input=dump, check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    environment = topology.environment | {"VAR_DIR": str(folder), "DATABASE_URL": url}
    setup = [sys.executable, "manage.py", "setup"]
    subprocess.run(setup, cwd=ROOT, env=environment, check=True, capture_output=True)
    command = [sys.executable, "-m", "gunicorn", "converter.wsgi", "--no-control-socket"]
    web = Process("restored", folder, [*command, "--bind", f"127.0.0.1:{port}"], environment, port)
    web.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        web.stop()
