import hashlib
import io
import itertools
import json
import zipfile
from pathlib import Path

from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from onnx import TensorProto

from classifier.models import ModelVersion
from classifier.versions.promotion import put_in_production
from tests.classifier.api.test_resources import API, StaffCase
from tests.support.versions import make_graph, make_version_folder

_METRICS = {"test": {"accuracy": 1.0}}


class ImportCase(StaffCase):
    numbers = itertools.count()

    def folder(self, name="far", **values):
        return make_version_folder(self.root / "elsewhere", name, **values)

    def files(self, folder):
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    def zip(self, files, compression=zipfile.ZIP_DEFLATED):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", compression) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return content.getvalue()

    def send(self, content):
        file = SimpleUploadedFile("version.zip", content)
        return self.client.post(f"{API}/versions/import/", {"file": file})

    def manifest_with(self, **values):
        """Return the files of a version whose manifest has other values."""
        files = self.files(self.folder(f"far-{next(self.numbers)}"))
        manifest = json.loads(files["manifest.json"]) | values
        return files | {"manifest.json": json.dumps(manifest).encode()}

    def assert_refused(self, files, words, status=400):
        answer = self.send(files if isinstance(files, bytes) else self.zip(files))
        self.assertEqual(answer.status_code, status, answer.content)
        self.assertIn(words, answer.json()["detail"])
        self.assertFalse(ModelVersion.objects.exists())
        versions = self.root / "versions"
        self.assertEqual(list(versions.iterdir()) if versions.exists() else [], [])


class ImportTestCase(ImportCase):
    def test_a_version_becomes_a_candidate_that_can_serve(self):
        answer = self.send(self.zip(self.files(self.folder())))
        self.assertEqual(answer.status_code, 201, answer.content)
        self.assertEqual((answer.json()["name"], answer.json()["stage"]), ("far", "candidate"))
        version = ModelVersion.objects.get()
        put_in_production(version)
        self.assertEqual(version.folder, self.root / "versions" / "far")

    def test_the_files_may_lie_in_one_folder(self):
        files = self.files(self.folder())
        nested = {f"far/{name}": data for name, data in files.items()} | {"__MACOSX/far/._x": b""}
        self.assertEqual(self.send(self.zip(nested)).status_code, 201)

    def test_figures_from_elsewhere_are_left_out(self):
        answer = self.send(self.zip(self.files(self.folder(metrics=_METRICS))))
        self.assertEqual(answer.json()["manifest"]["metrics"], {})

    def test_a_name_that_is_taken_is_a_conflict(self):
        content = self.zip(self.files(self.folder()))
        self.send(content)
        answer = self.send(content)
        self.assertEqual(answer.status_code, 409)
        self.assertIn("already", answer.json()["detail"])

    def test_it_takes_the_right_of_a_releaser(self):
        content = self.zip(self.files(self.folder()))
        for role, status in (("viewer", 403), ("trainer", 403), ("releaser", 201)):
            user = User.objects.create_user(role, is_staff=True)
            user.groups.add(Group.objects.get(name=role))
            self.client.force_login(user)
            self.assertEqual(self.send(content).status_code, status, role)


class HostileArchiveTestCase(ImportCase):
    def test_what_is_no_zip(self):
        whole = self.zip(self.files(self.folder()))
        for content in (b"nonsense", whole[:-30], b"PK\x05\x06" + bytes(18)):
            answer = self.send(content)
            self.assertEqual(answer.status_code, 400, answer.content)

    def test_paths_that_lead_out(self):
        files = self.files(self.folder())
        for name in ("../model.onnx", "/model.onnx", "a/../../model.onnx", "a/b/model.onnx"):
            moved = {"manifest.json": files["manifest.json"], name: files["model.onnx"]}
            self.assert_refused(moved, "must lie in one folder")
        for name in ("..\\model.onnx", "C:model.onnx", ".bashrc", "model.py", "x" * 90 + ".onnx"):
            self.assert_refused(files | {name: b""}, "holds no file like")
        self.assertEqual(list(self.root.glob("*.onnx")), [])

    def test_a_name_that_leads_out(self):
        for name in ("../../escaped", "/tmp/escaped", ".hidden", "a/b", "", "x" * 81, 7):
            self.assert_refused(self.manifest_with(name=name), "unusable name")

    def test_files_that_are_not_what_the_manifest_says(self):
        files = self.files(self.folder())
        self.assert_refused(files | {"model.onnx": b"other"}, "does not match its hash")
        self.assert_refused(files | {"more.onnx": b""}, "different files: more.onnx")
        self.assert_refused({"manifest.json": files["manifest.json"]}, "different files")
        self.assert_refused({"model.onnx": files["model.onnx"]}, "manifest.json")

    @override_settings(CLASSIFIER_MAX_VERSION_BYTES=200_000)
    def test_bombs(self):
        zeros = bytes(3_000_000)
        files = self.manifest_with(
            files={"model.onnx": hashlib.sha256(zeros).hexdigest()}, onnx="model.onnx"
        )
        self.assert_refused(files | {"model.onnx": zeros}, "too large")
        self.assert_refused(files | {"manifest.json": bytes(2**20 + 1)}, "too large")
        many = {f"{number}.onnx": b"" for number in range(50)}
        self.assert_refused(files | many, "more than 32 files")

    def test_manifests_of_another_form(self):
        wrong = {
            "temperature": ["warm", 0, True, None],
            "input_size": ["128", 1, 10**9, 128.0],
            "files": [[], {"model.onnx": 7}, {"model.onnx": "short"}],
            "onnx": ["other.onnx", None],
            "config": [[]],
            "dataset": [[], {"fingerprint": 1}, {"name": []}],
            "routing": [[], {"rules_confidence": "x"}],
            "members": ["a", [1]],
            "created": [1],
            "backbone": ["", "x" * 41],
        }
        for name, values in wrong.items():
            for value in values:
                with self.subTest(name, value=value):
                    answer = self.send(self.zip(self.manifest_with(**{name: value})))
                    self.assertEqual(answer.status_code, 400, answer.content)
        for text in (b"[]", b"{", b'{"format": NaN}', b'{"name": "\\u0000"}', b"[" * 100_000):
            answer = self.send(self.zip(self.manifest_with() | {"manifest.json": text}))
            self.assertEqual(answer.status_code, 400, answer.content)
        self.assertFalse(ModelVersion.objects.exists())

    def test_weights_in_other_files(self):
        graph = make_graph()
        tensor = graph.graph.initializer[2]
        Path(self.root / "secret").write_bytes(tensor.raw_data)
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", str(self.root / "secret")), ("length", "48")):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
        self.assert_refused(self.files(self.folder(graph=graph)), "cannot be loaded")

    def test_a_graph_that_does_not_run(self):
        self.assert_refused(self.files(self.folder(graph=make_graph(16))), "graph takes")
