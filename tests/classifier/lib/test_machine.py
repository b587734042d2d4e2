import sys
from types import ModuleType
from unittest import TestCase, mock

from classifier.lib.machine import machine_figures


class MachineFiguresTests(TestCase):
    def test_torch_that_another_thread_still_loads_has_no_card(self):
        for torch in (ModuleType("torch"), None):
            with mock.patch.dict(sys.modules, torch=torch):
                self.assertNotIn("gpu_percent", machine_figures())
