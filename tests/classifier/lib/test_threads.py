import json
import os
import subprocess
import sys
from unittest import TestCase, mock

from classifier.lib import threads

CODE = """
import json, os
from classifier.lib.threads import leave_room
leave_room()
leave_room()
import torch
said = os.environ["OMP_NUM_THREADS"], os.environ["OMP_WAIT_POLICY"]
print(json.dumps([torch.get_num_threads(), os.nice(0), *said]))
"""


class RoomTests(TestCase):
    def room(self, **environment):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("OMP_")}
        done = subprocess.run(
            [sys.executable, "-c", CODE], env=clean | environment, capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_long_work_leaves_a_core_and_goes_behind_others(self):
        found = self.room()
        self.assertEqual(found[0], max(1, threads.usable_cores() - 1))
        self.assertGreaterEqual(found[1], threads.NICENESS)
        self.assertEqual(found[3], "PASSIVE")

    def test_what_the_environment_says_stays(self):
        self.assertEqual(self.room(OMP_NUM_THREADS="7")[2], "7")

    def test_one_core_is_enough(self):
        with (
            mock.patch.object(threads, "usable_cores", return_value=1),
            mock.patch.dict(os.environ, clear=False),
            mock.patch.object(os, "nice", return_value=10),
            mock.patch.dict(sys.modules, {"torch": mock.Mock()}),
        ):
            os.environ.pop("OMP_NUM_THREADS", None)
            threads.leave_room()
            self.assertEqual(os.environ["OMP_NUM_THREADS"], "1")
