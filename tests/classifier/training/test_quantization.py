from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime as ort
import torch
from django.test import SimpleTestCase
from torch import nn

from classifier.training.config import TrainingConfig
from classifier.training.export import export_onnx
from classifier.training.graphs import constants
from classifier.training.model import build_model
from classifier.training.quantization import (
    pointwise_convolutions,
    quantize_static,
    quantize_weights,
)

SIZE = 32


def logits(path, images):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(path), options).run(["logits"], {"images": images})[0]


class QuantizationTests(SimpleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        torch.manual_seed(0)
        cls.model = build_model(TrainingConfig(input_size=SIZE, pooling="last")).eval()
        nn.init.normal_(cls.model.head[-1].weight, std=0.5)
        cls.graph = cls.folder / "model.onnx"
        export_onnx(cls.model, SIZE, cls.graph)
        rng = np.random.default_rng(0)
        cls.images = rng.integers(0, 256, (12, SIZE, SIZE, 3), np.uint8)
        cls.expected = logits(cls.graph, cls.images)

    def error(self, path):
        """Return the mean distance to the original's logits, as a share of their spread."""
        return float(np.abs(logits(path, self.images) - self.expected).mean() / self.expected.std())

    def test_the_exported_graph_answers_like_the_network(self):
        inputs = torch.from_numpy(self.images).permute(0, 3, 1, 2).float() / 255
        with torch.no_grad():
            answer = self.model(inputs).numpy()
        np.testing.assert_allclose(self.expected, answer, atol=1e-3 * np.abs(answer).max())

    def test_the_exported_graph_has_no_index_arithmetic(self):
        kinds = {node.op_type for node in onnx.load(self.graph).graph.node}
        self.assertIn("GlobalAveragePool", kinds)
        self.assertFalse(kinds & {"ReduceMean", "Gather", "Range", "Shape"}, kinds)

    def test_weights_in_eight_bits_answer_nearly_the_same_from_a_quarter_of_the_bytes(self):
        small = self.folder / "weights8.onnx"
        quantize_weights(self.graph, small)
        self.assertLess(small.stat().st_size, 0.3 * self.graph.stat().st_size)
        self.assertLess(self.error(small), 0.1)
        self.assertGreater(self.error(small), 0)

    def test_the_tolerance_notices_a_scale_that_is_off(self):
        small, broken = self.folder / "weights8.onnx", self.folder / "broken.onnx"
        quantize_weights(self.graph, small)
        model = onnx.load(small)
        scale = next(v for v in model.graph.initializer if v.name.endswith("_scale"))
        values = onnx.numpy_helper.to_array(scale) * 3
        scale.CopyFrom(onnx.numpy_helper.from_array(values, scale.name))
        onnx.save(model, broken)
        self.assertGreater(self.error(broken), 0.1)

    def test_only_pointwise_convolutions_over_maps_are_calculated_in_eight_bits(self):
        model = onnx.load(self.graph)
        weights = constants(model.graph)
        chosen = set(pointwise_convolutions(model))
        convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
        self.assertEqual((len(convolutions), len(chosen)), (81, 22))  # of B0's 32 pointwise ones
        for node in convolutions:
            if node.name in chosen:
                self.assertEqual(weights[node.input[1]].shape[2:], (1, 1))

    def test_static_quantisation_runs_and_needs_images(self):
        small = self.folder / "static.onnx"
        quantize_static(self.graph, self.images, small)
        self.assertLess(small.stat().st_size, 0.35 * self.graph.stat().st_size)
        kinds = [node.op_type for node in onnx.load(small).graph.node]
        self.assertGreaterEqual(kinds.count("QuantizeLinear"), 20)
        self.assertEqual(logits(small, self.images).shape, (12, 4))
        with self.assertRaisesRegex(ValueError, "images to calibrate"):
            quantize_static(self.graph, self.images[:0], small)
