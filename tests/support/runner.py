"""The test runner: a temporary folder for every file, and a database that workers can open."""

import logging
import tempfile
from pathlib import Path

from django.db import connections
from django.test.runner import DiscoverRunner
from django.test.utils import override_settings


class TemporaryFolderRunner(DiscoverRunner):
    """Keeps tests away from var/: files, database and queue are temporary."""

    def setup_test_environment(self, **kwargs):
        self._folder = tempfile.TemporaryDirectory(prefix="logo-tests-")
        folder = Path(self._folder.name)
        for name in ("media", "classifier", "static"):
            (folder / name).mkdir()
        self._settings = override_settings(
            VAR_DIR=folder,
            MEDIA_ROOT=folder / "media",
            CLASSIFIER_ROOT=folder / "classifier",
            STATIC_ROOT=folder / "static",
            BROKER_SOCKET=folder / "broker.sock",
            CELERY_BROKER_URL="memory://",
            # All tests ask from one address; those of the limits set them.
            CLASSIFIER_ANONYMOUS_RATE="",
            CONVERTER_ANONYMOUS_RATE="",
            ADJUSTING_ANONYMOUS_RATE="",
            CONVERTER_INLINE_SECONDS=0,  # tests run on busy machines
            AXES_ENABLED=False,  # clients of tests sign in without a request
            PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        )
        self._settings.enable()
        if self.verbosity < 2:
            for handler in logging.getLogger().handlers:
                handler.setLevel(logging.CRITICAL)  # many tests provoke refusals and failures
        super().setup_test_environment(**kwargs)

    def setup_databases(self, **kwargs):
        database = connections["default"].settings_dict
        if database["ENGINE"] == "django.db.backends.sqlite3":
            # A file, so that live servers' threads and worker processes share it.
            database["TEST"]["NAME"] = str(Path(self._folder.name) / "test.sqlite3")
        return super().setup_databases(**kwargs)

    def teardown_test_environment(self, **kwargs):
        super().teardown_test_environment(**kwargs)
        self._settings.disable()
        self._folder.cleanup()
