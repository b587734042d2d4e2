from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import torch
from django.test import SimpleTestCase

from classifier.training import device
from classifier.training.config import InvalidConfigError
from classifier.training.device import (
    check_precision,
    gradient_scaler,
    mixed_precision,
    pick_device,
)
from classifier.training.reporting import SilentObserver
from classifier.training.run import train
from tests.classifier.training.test_run import TINY
from tests.support.training_images import make_data


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

    def test_bfloat16_is_computed_in_where_asked_for_and_needs_no_scaled_gradients(self):
        cpu = torch.device("cpu")
        self.assertFalse(gradient_scaler(cpu, "bfloat16").is_enabled())
        with mixed_precision(cpu, "bfloat16"):
            self.assertEqual((torch.ones(2, 2) @ torch.ones(2, 2)).dtype, torch.bfloat16)

    def test_float32_turns_half_precision_off(self):
        with mock.patch.dict(device._DTYPES, {"cpu": torch.float16}):
            self.assertTrue(gradient_scaler(torch.device("cpu")).is_enabled())
            self.assertFalse(gradient_scaler(torch.device("cpu"), "float32").is_enabled())

    def test_bfloat16_is_refused_where_the_processor_would_emulate_it(self):
        half = replace(TINY, precision="bfloat16")
        for capabilities, accepted in (({"avx2": True}, False), ({"avx512_bf16": True}, True)):
            with (
                self.subTest(capabilities),
                mock.patch.object(torch.cpu, "get_capabilities", lambda c=capabilities: c),
            ):
                if accepted:
                    check_precision(half, torch.device("cpu"))
                    continue
                with self.assertRaises(InvalidConfigError) as caught:
                    check_precision(half, torch.device("cpu"))
                self.assertIn("float32", caught.exception.errors["precision"])
                check_precision(TINY, torch.device("cpu"))

    def test_the_loop_trains_in_half_precision(self):
        able = mock.patch.object(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
        config = replace(TINY, precision="bfloat16")
        with TemporaryDirectory() as name, able:
            folder = Path(name)
            result = train(config, make_data(folder), folder / "run", SilentObserver())
        self.assertTrue(all(torch.isfinite(t).all() for t in result.model.state_dict().values()))
        self.assertTrue(all(t.dtype != torch.bfloat16 for t in result.model.state_dict().values()))
        self.assertEqual(result.val_logits.dtype.name, "float32")
