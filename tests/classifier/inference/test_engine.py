import tempfile
import unittest
from pathlib import Path

import numpy as np
from onnx import TensorProto

from classifier.inference.engine import Engine
from classifier.inference.manifest import (
    CorruptModelError,
    IncompatibleModelError,
    MissingModelError,
    sha256_of,
)
from tests.support.versions import make_graph, make_version_folder


class EngineTestCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def test_probabilities_add_up_to_one_for_any_batch_size(self):
        engine = Engine.load(make_version_folder(self.root))
        for count in (0, 1, 5):
            probabilities = engine.probabilities(np.full((count, 32, 32, 3), 90, np.uint8))
            self.assertEqual((probabilities.shape, probabilities.dtype), ((count, 4), np.float32))
            np.testing.assert_allclose(probabilities.sum(axis=1), np.ones(count), rtol=1e-6)

    def test_a_higher_temperature_makes_it_less_sure_of_the_same_answer(self):
        red = np.zeros((1, 32, 32, 3), np.uint8)
        red[..., 0] = 255
        sure = Engine.load(make_version_folder(self.root, "a")).probabilities(red)
        unsure = Engine.load(make_version_folder(self.root, "b", temperature=4.0)).probabilities(
            red
        )
        self.assertEqual(sure.argmax(), unsure.argmax())
        self.assertGreater(sure.max(), unsure.max() + 0.05)

    def test_it_refuses_images_of_another_shape_or_type(self):
        engine = Engine.load(make_version_folder(self.root))
        for images in (np.zeros((1, 31, 32, 3), np.uint8), np.zeros((1, 32, 32, 3), np.float32)):
            with self.assertRaisesRegex(ValueError, "uint8"):
                engine.probabilities(images)

    def test_missing_files(self):
        with self.assertRaises(MissingModelError):
            Engine.load(self.root / "nowhere")
        folder = make_version_folder(self.root)
        (folder / "model.onnx").unlink()
        with self.assertRaises(MissingModelError):
            Engine.load(folder)

    def test_corrupt_files(self):
        folder = make_version_folder(self.root)
        with (folder / "model.onnx").open("ab") as file:
            file.write(b"x")
        with self.assertRaises(CorruptModelError):
            Engine.load(folder)

    def test_a_file_that_is_no_graph_is_corrupt_even_if_its_hash_fits(self):
        folder = make_version_folder(self.root)
        (folder / "model.onnx").write_bytes(b"no graph")
        digest = sha256_of(folder / "model.onnx")
        other = make_version_folder(self.root, "other", files={"model.onnx": digest})
        (other / "model.onnx").write_bytes(b"no graph")
        with self.assertRaises(CorruptModelError):
            Engine.load(other)

    def test_incompatible_graphs(self):
        fixed = make_graph()
        fixed.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
        floats = make_graph()
        floats.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT
        three = make_graph(weights=np.ones((3, 3), np.float32), bias=np.zeros(3, np.float32))
        nan = make_graph(bias=np.full(4, np.nan, np.float32))
        renamed = make_graph()
        renamed.graph.node[-1].output[0] = renamed.graph.output[0].name = "scores"
        graphs = {"fixed": fixed, "floats": floats, "three": three, "nan": nan, "named": renamed}
        for name, graph in graphs.items():
            folder = make_version_folder(self.root, name, graph=graph)
            with self.subTest(name), self.assertRaises(IncompatibleModelError):
                Engine.load(folder)
        with self.assertRaises(IncompatibleModelError):
            Engine.load(make_version_folder(self.root, "cold", temperature=0.0))

    def test_weights_in_other_files_are_never_read(self):
        graph = make_graph()
        weights = next(value for value in graph.graph.initializer if value.name == "weights")
        outside = Path.cwd() / "outside.bin"
        outside.write_bytes(weights.raw_data)
        self.addCleanup(outside.unlink)
        weights.ClearField("raw_data")
        weights.data_location = TensorProto.EXTERNAL
        entry = weights.external_data.add()
        entry.key, entry.value = "location", outside.name
        with self.assertRaises(CorruptModelError):
            Engine.load(make_version_folder(self.root, graph=graph))

    def test_other_classes_are_refused(self):
        folder = make_version_folder(self.root, class_names=["cat", "dog"])
        with self.assertRaises(IncompatibleModelError):
            Engine.load(folder)
