import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages
from django.test import TestCase, override_settings

from classifier.inference.manifest import CorruptModelError, MissingModelError, read_manifest
from classifier.live import serving
from classifier.models import ModelVersion, versions
from classifier.versions.promotion import put_in_production
from classifier.versions.registry import update_manifest
from tests.support.serving import ServingCase, image_bytes


class SharedVersionTests(ServingCase, TestCase):
    """A machine that made a version, and one that has an empty folder and the same database."""

    def setUp(self):
        super().setUp()
        remote = tempfile.TemporaryDirectory()
        self.addCleanup(remote.cleanup)
        self.remote = Path(remote.name)
        shared = {
            **settings.STORAGES,
            "versions": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": remote.name},
            },
        }
        self.enterContext(override_settings(STORAGES=shared))
        self.version = self.make_version("first")

    def other_machine(self):
        """Go to another machine."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.enterContext(override_settings(CLASSIFIER_ROOT=folder.name))
        serving.forget()
        return Path(folder.name)

    def test_another_machine_serves_what_this_one_made(self):
        put_in_production(self.version)
        root = self.other_machine()
        answer = serving.classify(image_bytes("red"))
        self.assertEqual((answer.logo_type, answer.model_version), ("simple", "first"))
        self.assertEqual(self.version.folder, root / "fetched" / self.version.manifest_sha256)
        self.assertFalse(self.version.own_folder.exists())

    def test_files_are_kept_under_their_hashes_and_fetched_once(self):
        digests = {*self.version.manifest["files"].values(), self.version.manifest_sha256}
        self.assertEqual(set(storages["versions"].listdir("")[1]), digests)
        self.other_machine()
        first = self.version.folder
        shutil.rmtree(self.remote)
        self.assertEqual(self.version.folder, first)

    def test_a_changed_file_in_the_storage_is_refused_and_nothing_remains(self):
        for digest in (self.version.manifest["files"]["model.onnx"], self.version.manifest_sha256):
            with self.subTest(digest):
                good = (self.remote / digest).read_bytes()
                (self.remote / digest).write_bytes(good[:-1] + b"!")
                root = self.other_machine()
                with self.assertRaises(CorruptModelError):
                    _ = self.version.folder
                self.assertEqual(list((root / "fetched").iterdir()), [])
                (self.remote / digest).write_bytes(good)

    def test_a_storage_that_is_away_lets_the_last_version_serve_on(self):
        put_in_production(self.version)
        second = self.make_version("second")
        self.other_machine()
        self.assertEqual(serving.classify(image_bytes("red")).model_version, "first")
        ModelVersion.objects.filter(pk=self.version.pk).update(stage="retired")
        ModelVersion.objects.filter(pk=second.pk).update(stage="production")
        shutil.rmtree(self.remote)
        self.assertEqual(serving.classify(image_bytes("blue")).model_version, "first")
        self.assertIn("cannot be fetched", serving.serving_problem())
        with self.assertRaises(MissingModelError):
            _ = second.folder

    def test_a_new_manifest_reaches_the_other_machine(self):
        put_in_production(self.version)
        before = self.version.manifest_sha256
        manifest = read_manifest(self.version.folder)
        update_manifest(self.version, replace(manifest, temperature=2.0), self.version.folder)
        self.assertNotEqual(self.version.manifest_sha256, before)
        self.other_machine()
        self.assertEqual(read_manifest(self.version.folder).temperature, 2.0)
        self.assertEqual(serving.classify(image_bytes("red")).model_version, "first")

    def test_bundled_versions_stay_where_they_are(self):
        bundled = ModelVersion(name="x", bundled=True)
        self.assertEqual(bundled.folder, versions.BUNDLED_FOLDER / "x")
