"""A test case with a folder for model versions of its own, and helpers that put some there."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.cache import cache
from django.test import override_settings
from PIL import Image

from classifier.live import serving
from classifier.versions.promotion import put_in_production
from classifier.versions.registry import register_version
from tests.support.versions import make_version_folder


def image_bytes(colour="red", size=(64, 48), file_format="PNG", mode="RGB"):
    """Return the file content of an image of one colour."""
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, file_format)
    return file.getvalue()


class ServingCase:
    """Mix into a Django test case: no version is bundled, none is registered."""

    def setUp(self):
        super().setUp()
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        setting = override_settings(CLASSIFIER_ROOT=self.root, CLASSIFIER_ANONYMOUS_RATE="")
        setting.enable()
        self.addCleanup(setting.disable)
        self.bundled = self.root / "bundled"
        patch = mock.patch("classifier.models.versions.BUNDLED_FOLDER", self.bundled)
        patch.start()
        self.addCleanup(patch.stop)
        serving.forget()
        self.addCleanup(serving.forget)
        cache.clear()  # answers are remembered

    def make_version(self, name="tiny", **values):
        """Register a candidate."""
        return register_version(make_version_folder(self.root / "versions", name, **values))

    def serve(self, name="tiny", **values):
        """Register a version and promote it."""
        version = self.make_version(name, **values)
        put_in_production(version)
        return version
