from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import torch
from django.test import SimpleTestCase

from classifier.training import device
from classifier.training.device import gradient_scaler, mixed_precision, pick_device
from classifier.training.reporting import SilentObserver
from classifier.training.run import train
from tests.classifier.training.images import make_data
from tests.classifier.training.test_run import TINY


def seen(cuda=False, mps=False):
    """Let torch see other devices than there are."""
    return (
        mock.patch.object(torch.cuda, "is_available", lambda: cuda),
        mock.patch.object(torch.backends.mps, "is_available", lambda: mps),
    )


class PickDeviceTests(SimpleTestCase):
    def picked(self, **available):
        cuda, mps = seen(**available)
        with cuda, mps:
            return str(pick_device())

    def test_a_graphics_card_comes_first_then_apples_then_the_cpu(self):
        self.assertEqual(self.picked(cuda=True, mps=True), "cuda:0")
        self.assertEqual(self.picked(mps=True), "mps")
        self.assertEqual(self.picked(), "cpu")

    def test_each_process_takes_a_card_of_its_own(self):
        with mock.patch.dict("os.environ", {"LOCAL_RANK": "1"}):
            self.assertEqual(self.picked(cuda=True), "cuda:1")


class PrecisionTests(SimpleTestCase):
    def test_a_cpu_computes_in_full_precision(self):
        cpu = torch.device("cpu")
        self.assertFalse(gradient_scaler(cpu).is_enabled())
        with mixed_precision(cpu):
            self.assertEqual((torch.ones(2, 2) @ torch.ones(2, 2)).dtype, torch.float32)

    def test_the_loop_trains_in_half_precision(self):
        half = mock.patch.dict(device._DTYPES, {"cpu": torch.bfloat16})
        with TemporaryDirectory() as name, half:
            folder = Path(name)
            result = train(TINY, make_data(folder), folder / "run", SilentObserver())
        self.assertTrue(all(torch.isfinite(t).all() for t in result.model.state_dict().values()))
        self.assertEqual(result.val_logits.dtype.name, "float32")
