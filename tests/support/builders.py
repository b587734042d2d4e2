"""A small synthetic dataset, and a version evaluated on it by the real code."""

import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import override_settings

from classifier.datasets.building import build_synthetic
from classifier.versions.evaluations import evaluate_version
from classifier.versions.registry import register_version
from tests.support.versions import make_version_folder


class TemporaryRoot:
    """Gives each test class a folder of its own for datasets and versions."""

    @classmethod
    def setUpClass(cls):
        root = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, root, ignore_errors=True)
        cls.enterClassContext(override_settings(CLASSIFIER_ROOT=root))
        super().setUpClass()


def make_dataset(per_class=8, name="drawn"):
    return build_synthetic(name, per_class, seed=1)


def make_version(name="tiny", **values):
    folder = make_version_folder(Path(settings.CLASSIFIER_ROOT) / "versions", name, **values)
    return register_version(folder)


def make_evaluation(version, dataset, split="test"):
    return evaluate_version(version, dataset, split)


def make_user(name, **values):
    return get_user_model().objects.create_user(name, password="secret-of-tests", **values)


def make_admin():
    return get_user_model().objects.create_superuser("boss", password="secret-of-tests")
