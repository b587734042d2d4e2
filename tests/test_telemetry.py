"""No process tells anybody that it runs."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from django.test import SimpleTestCase

from classifier.models.versions import BUNDLED_FOLDER
from tests.test_architecture import ROOT

_LOAD = """
import time
from pathlib import Path
from classifier.inference.engine import Engine
import numpy as np
engine = Engine.load(Path({folder!r}))
engine.logits(np.zeros((1, engine.manifest.input_size, engine.manifest.input_size, 3), np.uint8))
time.sleep({seconds})
"""


def own_network():
    """Whether this machine lets us make a network with a name server of our own."""
    command = ["unshare", "--net", "--mount", "true"]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


class TelemetryTests(SimpleTestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "VAR_DIR": str(self.folder / "var"),
        }

    def code(self, seconds):
        bundled = sorted(path.parent for path in BUNDLED_FOLDER.glob("*/manifest.json"))
        return _LOAD.format(folder=str(bundled[0]), seconds=seconds)

    def run_in(self, *command):
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_a_loaded_model_leaves_no_identity_on_the_disk(self):
        self.run_in(sys.executable, "-c", self.code(1))
        self.assertEqual([str(path) for path in self.folder.rglob("*") if path.is_file()], [])

    @unittest.skipUnless(own_network(), "needs the right to make a network")
    def test_no_name_is_looked_up_while_a_model_is_used(self):
        looked_up = self.run_in(
            "unshare", "--net", "--mount",
            sys.executable, "-m", "tests.support.nameserver", str(self.folder), self.code(15),
        )  # fmt: skip
        self.assertEqual(looked_up.strip(), "")

    @unittest.skipUnless(own_network(), "needs the right to make a network")
    def test_the_name_server_of_the_test_hears_everything(self):
        code = "import socket\ntry: socket.gethostbyname('example.org')\nexcept OSError: pass"
        looked_up = self.run_in(
            "unshare", "--net", "--mount",
            sys.executable, "-m", "tests.support.nameserver", str(self.folder), code,
        )  # fmt: skip
        self.assertEqual(looked_up.strip(), "example.org")
