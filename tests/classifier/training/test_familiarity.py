from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime
import torch
from django.test import SimpleTestCase
from PIL import Image

from classifier.data.strangers import draw_stranger
from classifier.inference.engine import STRANGENESS
from classifier.training.config import TrainingConfig
from classifier.training.dataset import ArrayCache
from classifier.training.export import export_onnx
from classifier.training.familiarity import fit_line, learn_strangers
from classifier.training.model import build_model
from tests.support.training_images import make_data


class LineTests(SimpleTestCase):
    def test_it_parts_what_lies_apart(self):
        rng = np.random.default_rng(0)
        logos, strangers = rng.normal(0, 1, (200, 6)), rng.normal(2, 1, (60, 6))
        line = fit_line(logos.astype(np.float32), strangers.astype(np.float32))
        near, far = (line(torch.from_numpy(points).float()) for points in (logos, strangers))
        self.assertGreater((far > near.max()).float().mean().item(), 0.5)


class LearningTests(SimpleTestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.data = make_data(self.folder, train=16, val=50, test=4)
        self.config = TrainingConfig(backbone="efficientnet_lite0", input_size=32)
        self.model = build_model(self.config).eval()
        self.cache = ArrayCache(self.folder / "arrays")

    def test_few_of_the_validation_logos_are_called_strange(self):
        line = learn_strangers(self.model, self.config, self.data, self.cache)
        clean = self.cache.serving(self.data.val, 32).pixels
        copies = self.cache.uploads(self.data.val, 32)[:, 0]
        pixels = torch.from_numpy(np.concatenate([clean, copies])).permute(0, 3, 1, 2).float() / 255
        with torch.no_grad():
            scores = line(self.model.answer(pixels)[1])
        self.assertLessEqual((scores > 0).float().mean().item(), 0.021)

    def test_the_graph_gives_the_score_beside_the_logits(self):
        line = learn_strangers(self.model, self.config, self.data, self.cache)
        path = self.folder / "model.onnx"
        export_onnx(self.model, 32, path, line)
        session = onnxruntime.InferenceSession(path)
        pixels = np.ascontiguousarray(self.cache.serving(self.data.val, 32).pixels[:5])
        logits, scores = session.run(["logits", STRANGENESS], {"images": pixels})
        self.assertEqual((logits.shape, scores.shape), ((5, 4), (5,)))
        images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
        with torch.no_grad():
            expected = line(self.model.answer(images)[1]).numpy()
        np.testing.assert_allclose(scores, expected, atol=1e-2)

    def test_without_pooled_statistics_nothing_can_tell(self):
        config = TrainingConfig(backbone="efficientnet_lite0", pooling="last", input_size=32)
        model = build_model(config).eval()
        self.assertIsNone(learn_strangers(model, config, self.data, self.cache))


class StrangerTests(SimpleTestCase):
    def test_a_number_repeats_its_picture(self):
        for number in range(8):
            logos = [Image.new("RGB", (40, 40), "red")]
            first, again = (draw_stranger(number, logos) for _ in range(2))
            self.assertEqual(first.mode, "RGB")
            self.assertEqual(first.tobytes(), again.tobytes(), number)

    def test_collections_need_logos(self):
        pictures = [draw_stranger(number) for number in range(8)]
        self.assertEqual(len({picture.tobytes() for picture in pictures}), 8)
