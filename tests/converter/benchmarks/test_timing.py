import subprocess
import sys
import time

from django.test import SimpleTestCase

from converter.benchmarks.timing import cpu_seconds

WORK = "t = __import__('time'); e = t.process_time() + 0.2\nwhile t.process_time() < e: pass\n"


class CpuSecondsTest(SimpleTestCase):
    def test_work_of_this_process_and_of_children_counts_and_waiting_does_not(self):
        began = cpu_seconds()
        time.sleep(0.2)
        waited = cpu_seconds() - began
        self.assertLess(waited, 0.1)
        subprocess.run([sys.executable, "-I", "-c", WORK], check=True)
        self.assertGreater(cpu_seconds() - began, waited + 0.19)

    def test_a_child_that_still_runs_counts(self):
        code = f"{WORK}print(flush=True)\ninput()"
        with subprocess.Popen(
            [sys.executable, "-I", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child:
            before = cpu_seconds()
            child.stdout.readline()
            self.assertGreater(cpu_seconds() - before, 0.1)
            child.communicate(b"\n")
