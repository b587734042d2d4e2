import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from django.core.management import CommandError, call_command
from django.urls import reverse
from huggingface_hub import ModelCard
from PIL import Image

from classifier.live.serving import classify_with
from classifier.models import ModelVersion
from classifier.versions.importing import import_version
from classifier.versions.repository.files import write_repository
from tests.classifier.dashboard.test_pages import DashboardTestCase
from tests.support.builders import make_evaluation, make_version


def unzipped(version):
    """Return a repository's files by name."""
    file = io.BytesIO()
    write_repository(version, file)
    with zipfile.ZipFile(file) as archive:
        return {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}


class CardTests(DashboardTestCase):
    def card(self, version):
        return ModelCard(unzipped(version)["README.md"].decode())

    def test_its_head_has_the_measured_results(self):
        data = self.card(self.version).data
        self.assertEqual((data.license, data.pipeline_tag), ("apache-2.0", "image-classification"))
        accuracy = next(r for r in data.eval_results if r.metric_type == "accuracy")
        self.assertAlmostEqual(accuracy.metric_value, self.evaluation.accuracy, places=4)
        self.assertEqual((accuracy.dataset_type, accuracy.dataset_split), ("drawn", "test"))
        self.assertEqual(accuracy.dataset_name, "drawn (synthetic)")

    def test_an_evaluation_on_another_split_stands_beside_it(self):
        make_evaluation(self.version, self.dataset, "val")
        splits = {result.dataset_split for result in self.card(self.version).data.eval_results}
        self.assertEqual(splits, {"test", "validation"})

    def test_a_version_without_figures_has_none(self):
        card = self.card(make_version("new"))
        self.assertIsNone(card.data.eval_results)
        self.assertIn("It was not measured yet.", card.text)


class ScriptTests(DashboardTestCase):
    """The script runs with this project out of its reach: isolated, in another folder."""

    def answers(self, version, *images):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name, content in unzipped(version).items():
            (folder / name).write_bytes(content)
        names = []
        for number, image in enumerate(images):
            image.save(folder / f"{number}.png")
            names.append(str(folder / f"{number}.png"))
        runner = (
            "import runpy, sys; sys.path[:0] = [sys.argv[1]]; sys.argv = sys.argv[2:]\n"
            "runpy.run_path(sys.argv[0], run_name='__main__')\n"
            "assert not {'django', 'classifier', 'torch'} & set(sys.modules)"
        )
        script = str(folder / "classify.py")
        done = subprocess.run(
            [sys.executable, "-I", "-c", runner, str(folder), script, *names],
            capture_output=True,
            text=True,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "ORT_DISABLE_TELEMETRY": "1"},
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()], names

    def test_it_answers_as_the_api_does(self):
        from classifier.inference.engine import Engine

        rng = np.random.default_rng(0)
        photo = Image.fromarray(rng.integers(0, 255, (90, 140, 3), np.uint8))
        big = Image.new("RGBA", (300, 200))
        big.paste((200, 30, 40, 255), (60, 40, 200, 160))
        found, names = self.answers(self.version, photo, big)
        engine = Engine.load(self.version.folder)
        for answer, name in zip(found, names, strict=True):
            expected = classify_with(engine, Path(name), "neural")
            self.assertEqual(answer, expected.probabilities)


class RoundTripTests(DashboardTestCase):
    def test_import_reads_it_back(self):
        file = io.BytesIO()
        write_repository(self.version, file)
        manifest = self.version.manifest
        ModelVersion.objects.all().delete()
        self.version.own_folder.rename(self.version.own_folder.with_name("moved"))
        self.addCleanup(
            lambda: self.version.own_folder.with_name("moved").rename(self.version.own_folder)
        )
        imported = import_version(file)
        self.addCleanup(lambda: __import__("shutil").rmtree(imported.own_folder))
        self.assertEqual(imported.name, "tiny")
        self.assertEqual(imported.manifest["files"], manifest["files"])

    def test_the_page_offers_it(self):
        page = self.get("version", self.version.pk)
        address = reverse("dashboard:version_repository", args=[self.version.pk])
        self.assertContains(page, address)
        answer = self.client.get(address)
        with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
            self.assertIn("tiny/model.onnx", archive.namelist())

    def test_a_damaged_version_is_told(self):
        damaged = make_version("damaged")
        (damaged.folder / "model.onnx").write_bytes(b"x")
        address = reverse("dashboard:version_repository", args=[damaged.pk])
        self.assertContains(self.client.get(address, follow=True), "cannot be exported")

    def test_the_command_names_the_versions_there_are(self):
        with self.assertRaisesMessage(CommandError, "there are: tiny"):
            call_command("export_version", "nothing", output=Path("x.zip"))
