"""A tiny but valid model version: it answers by the mean colour of the image."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from classifier.inference.manifest import Manifest, sha256_of, write_manifest

# Rows are red, green, blue; a red image is simple, a green one text, a blue one gradient, and a
# black one complex.
_WEIGHTS = np.array([[8, -4, -4, -4], [-4, 8, -4, -4], [-4, -4, 8, -4]], np.float32)
_BIAS = np.array([0, 0, 0, 3], np.float32)


def make_graph(size=32, weights=_WEIGHTS, bias=_BIAS, strangers=False):
    """Return a serving graph: uint8 [N, size, size, 3] in, logits [N, classes] out.

    With `strangers`, nearly black images do not look like a logo.
    """
    classes = weights.shape[1]
    nodes = [
        helper.make_node("Cast", ["images"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["mean"], keepdims=0),
        helper.make_node("Div", ["mean", "full"], ["share"]),
        helper.make_node("MatMul", ["share", "weights"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["logits"]),
    ]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", classes])]
    constants = []
    if strangers:
        constants = [
            numpy_helper.from_array(np.array([1], np.int64), "last"),
            numpy_helper.from_array(np.array(0.1, np.float32), "dark"),
        ]
        nodes += [
            helper.make_node("ReduceMax", ["share", "last"], ["lightness"], keepdims=0),
            helper.make_node("Sub", ["dark", "lightness"], ["strangeness"]),
        ]
        outputs.append(helper.make_tensor_value_info("strangeness", TensorProto.FLOAT, ["N"]))
    graph = helper.make_graph(
        nodes,
        "mean colour",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", size, size, 3])],
        outputs,
        [
            *constants,
            numpy_helper.from_array(np.array([1, 2], np.int64), "axes"),
            numpy_helper.from_array(np.array(255, np.float32), "full"),
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(bias, "bias"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def passing_metrics(right=1.0):
    """Return figures of 200 answers, by default all right, as a manifest has them."""
    from classifier.evaluation.metrics import compute_metrics

    labels = np.repeat(np.arange(4), 50)
    answers = np.where(np.arange(200) % 50 < right * 50, labels, (labels + 1) % 4)
    return {"test": compute_metrics(labels, np.eye(4)[answers])}


def make_version_folder(path, name="tiny", size=32, graph=None, **values):
    """Write a version into the folder `path`/`name` and return it; `values` go in the manifest."""
    folder = Path(path) / name
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes((graph or make_graph(size)).SerializeToString())
    fields = {
        "name": name,
        "backbone": "efficientnet_b0",
        "input_size": size,
        "temperature": 1.0,
        "onnx": "model.onnx",
        "files": {"model.onnx": sha256_of(folder / "model.onnx")},
    }
    write_manifest(folder, Manifest(**{**fields, **values}))
    return folder
