"""The test runner: a temporary folder for every file, and a database that workers can open."""

import logging
import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.test.runner import DiscoverRunner, ParallelTestSuite, _init_worker
from django.test.utils import override_settings

from converter.tracers import TracerPool


def _settings_in(folder):
    """Return what keeps tests' files in a folder, which is made ready for it."""
    for name in ("media", "classifier", "static"):
        (folder / name).mkdir(parents=True)
    return {
        "VAR_DIR": folder,
        "MEDIA_ROOT": folder / "media",
        "CLASSIFIER_ROOT": folder / "classifier",
        "STATIC_ROOT": folder / "static",
        "BROKER_SOCKET": folder / "broker.sock",
    }


def _start_process(*args, **kwargs):
    """Start one of several processes: with a database of its own, and a folder of its own."""
    _init_worker(*args, **kwargs)
    override_settings(**_settings_in(settings.VAR_DIR / f"process-{os.getpid()}")).enable()


def _write_before_copying(connection):
    """Let nothing remain in the write-ahead log when the file is copied for another process."""
    copy = connection.creation._clone_test_db

    def written(*args, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copy(*args, **kwargs)

    connection.creation._clone_test_db = written


def _compile_tracer():
    """Compile once, as set-up does, what every test and process that it starts would wait for."""
    os.environ["CONVERTER_COMPILED"] = str(settings.CONVERTER_COMPILED)
    pool = TracerPool(1, cache=Path(settings.CONVERTER_COMPILED))
    if not pool.cache.exists():
        pool.warm()
        pool.end()


class Processes(ParallelTestSuite):
    """Tests in several processes. Rows have the same numbers in each, so files must not meet."""

    init_worker = _start_process


class TemporaryFolderRunner(DiscoverRunner):
    """Keeps tests away from var/: files, database and queue are temporary."""

    parallel_test_suite = Processes

    def setup_test_environment(self, **kwargs):
        self._folder = tempfile.TemporaryDirectory(prefix="logo-tests-")
        folder = Path(self._folder.name)
        self._settings = override_settings(
            **_settings_in(folder),
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
        _compile_tracer()
        super().setup_test_environment(**kwargs)

    def setup_databases(self, **kwargs):
        database = connections["default"].settings_dict
        if database["ENGINE"] == "django.db.backends.sqlite3":
            # A file, so that live servers' threads and worker processes share it.
            database["TEST"]["NAME"] = str(Path(self._folder.name) / "test.sqlite3")
            _write_before_copying(connections["default"])
        return super().setup_databases(**kwargs)

    def teardown_test_environment(self, **kwargs):
        super().teardown_test_environment(**kwargs)
        self._settings.disable()
        self._folder.cleanup()
