import errno
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import torch
from django.test import SimpleTestCase

from classifier.training import checkpoint
from classifier.training.checkpoint import load_checkpoint, save_checkpoint
from classifier.training.errors import CheckpointError


class CheckpointTests(SimpleTestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "last.safetensors"

    def test_it_gives_back_what_it_was_given(self):
        weight = torch.rand(4, 3, 2, 2).contiguous(memory_format=torch.channels_last)
        save_checkpoint(self.path, {"weight": weight}, {"epoch": 3})
        tensors, state = load_checkpoint(self.path)
        self.assertTrue(torch.equal(tensors["weight"], weight))
        self.assertEqual(state, {"epoch": 3})

    def test_a_failed_write_keeps_the_old_one_and_leaves_nothing(self):
        save_checkpoint(self.path, {"a": torch.zeros(1)}, {})

        full = OSError(errno.ENOSPC, "No space left on device")
        with mock.patch("os.fsync", side_effect=full), self.assertRaises(OSError):
            save_checkpoint(self.path, {"a": torch.ones(1)}, {})
        self.assertEqual(load_checkpoint(self.path)[0]["a"].item(), 0)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["last.safetensors"])

    def test_a_broken_or_missing_file_is_named(self):
        with self.assertRaisesMessage(CheckpointError, "last.safetensors cannot be read"):
            load_checkpoint(self.path)
        self.path.write_bytes(b"broken")
        with self.assertRaisesMessage(CheckpointError, "last.safetensors cannot be read"):
            load_checkpoint(self.path)

    def test_an_optimizer_goes_on_where_it_was(self):
        def trained(steps, interrupted_after=None):
            torch.manual_seed(0)
            layer = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
            optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
            for step in range(steps):
                if step == interrupted_after:
                    tensors = checkpoint.optimizer_tensors(optimizer)
                    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
                    checkpoint.restore_optimizer(optimizer, tensors)
                optimizer.zero_grad()
                layer(torch.ones(1, 3, 5, 5) * step).square().mean().backward()
                optimizer.step()
            return layer.weight.detach()

        self.assertTrue(torch.equal(trained(4), trained(4, interrupted_after=2)))
