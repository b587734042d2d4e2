"""Variants of an exported graph with 8-bit numbers: for a smaller file, or to compare.

Nodes are chosen by what they are and where they stand, never by name, so that any of the backbones
and heads can be quantised.
"""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from classifier.training.graphs import attribute, constants, strip

_BATCH = 16
_SMALLEST = 512  # numbers; smaller tensors save nothing
# Numbers; smaller tensors are stored in 16 bits. They are the early and the depthwise layers, where
# rounding costs most: 8 bits there took 0.7 points of Lite0's accuracy, and save 0.1 MB.
_SENSITIVE = 16_384
_PERCENTILE = 99.999


def quantize_weights(source: Path, destination: Path) -> None:
    """Write a variant whose weights are stored in 8 bits (small tensors: 16), scaled per channel.

    The runtime multiplies them out once, while it loads: activations stay in float32, and speed
    and memory are those of the original. Weights of EfficientNet bear that well, its activations
    do not (Nagel et al., "A White Paper on Neural Network Quantization", 2021, section 2.4).

    Args:
        source: a float32 graph.
        destination: file to write.
    """
    model = onnx.load(source)
    graph, stored = model.graph, constants(model.graph)
    decoders, coded = [], set()
    for node in list(graph.node):
        axis = _output_axis(node)
        if axis is None:
            continue
        name = node.input[1]
        weights = stored.get(name)
        if weights is None or weights.dtype != np.float32 or weights.size < _SMALLEST:
            continue
        if name not in coded:
            coded.add(name)
            decoders += _coded(graph, name, weights, axis)
    kept = [value for value in graph.initializer if value.name not in coded]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    nodes = [*decoders, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    strip(model)
    onnx.checker.check_model(model)
    onnx.save(model, destination)


def quantize_static(source: Path, images: np.ndarray, destination: Path) -> None:
    """Write a variant whose large pointwise convolutions calculate in 8 bits, inputs included.

    Small convolutions, depthwise ones and squeeze-and-excitation calculate in float32: they are
    where 8 bits cost accuracy most. Their weights are stored as `quantize_weights` stores them.

    Args:
        source: a float32 graph.
        images: uint8 RGB [N, S, S, 3] of the training split, prepared as for serving; a few
            hundred of all classes do.
        destination: file to write.

    Raises:
        ValueError: without images.
    """
    from onnxruntime.quantization import (
        CalibrationMethod,
        QuantFormat,
        QuantType,
    )
    from onnxruntime.quantization import quantize_static as quantize
    from onnxruntime.quantization.shape_inference import quant_pre_process

    if len(images) == 0:
        raise ValueError("Quantisation needs images to calibrate with.")
    with TemporaryDirectory() as folder:
        prepared, quantized = Path(folder) / "prepared.onnx", Path(folder) / "quantized.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        chosen = pointwise_convolutions(onnx.load(prepared))
        if not chosen:  # an empty list would mean all
            quantize_weights(source, destination)
            return
        with contextlib.redirect_stdout(io.StringIO()):  # the calibration tells of each step
            quantize(
                str(prepared),
                str(quantized),
                _Images(images),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.Percentile,
                nodes_to_quantize=chosen,
                op_types_to_quantize=["Conv"],
                extra_options={"CalibPercentile": _PERCENTILE},
            )
        quantize_weights(quantized, destination)


def pointwise_convolutions(model: onnx.ModelProto) -> list[str]:
    """Return the names of large 1 x 1 convolutions over maps, outside squeeze-and-excitation."""
    stored = constants(model.graph)
    makers = {result: node for node in model.graph.node for result in node.output}
    return [
        node.name
        for node in model.graph.node
        if node.op_type == "Conv"
        and attribute(node, "group", 1) == 1
        and stored[node.input[1]].shape[2:] == (1, 1)
        and stored[node.input[1]].size >= _SENSITIVE
        and not _is_pooled(node.input[0], makers)
    ]


def _is_pooled(value: str, makers: dict[str, onnx.NodeProto]) -> bool:
    """Tell whether a value comes from a global pooling by way of 1 x 1 layers alone."""
    waiting, seen = [value], set()
    while waiting:
        node = makers.get(waiting.pop())
        if node is None or node.output[0] in seen:
            continue
        seen.add(node.output[0])
        if node.op_type == "GlobalAveragePool":
            return True
        if node.op_type in ("Conv", "Sigmoid", "Relu", "Clip", "HardSigmoid") or (
            node.op_type == "Mul" and _is_silu(node, makers)
        ):
            waiting.append(node.input[0])
    return False


def _is_silu(node: onnx.NodeProto, makers: dict[str, onnx.NodeProto]) -> bool:
    first, second = (makers.get(value) for value in node.input)
    gates = [maker for maker in (first, second) if maker and maker.op_type == "Sigmoid"]
    return any(gate.input[0] in node.input for gate in gates)


def _output_axis(node: onnx.NodeProto) -> int | None:
    """Return which axis of a node's weights counts output channels; None if it has no weights."""
    if node.op_type == "Conv":
        return 0
    if node.op_type == "Gemm":
        return 0 if attribute(node, "transB", 0) else 1
    return -1 if node.op_type == "MatMul" else None


def _coded(
    graph: onnx.GraphProto, name: str, weights: np.ndarray, axis: int
) -> list[onnx.NodeProto]:
    """Store a tensor in 8 or 16 bits; return the nodes that give it back under its old name.

    A DequantizeLinear would be the usual node, but ONNX Runtime keeps it and runs it each time.
    """
    others = tuple(index for index in range(weights.ndim) if index != axis % weights.ndim)
    kind = np.int16 if weights.size < _SENSITIVE else np.int8
    largest = np.iinfo(kind).max
    scale = np.abs(weights).max(axis=others, keepdims=True) / largest
    scale = np.where(scale == 0, 1, scale).astype(np.float32)
    codes = np.clip(np.rint(weights / scale), -largest, largest).astype(kind)
    graph.initializer.extend(
        [
            numpy_helper.from_array(codes, f"{name}_codes"),
            numpy_helper.from_array(scale, f"{name}_scale"),
        ]
    )
    return [
        helper.make_node("Cast", [f"{name}_codes"], [f"{name}_numbers"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}_numbers", f"{name}_scale"], [name]),
    ]


class _Images:
    """Gives images in batches, as the graph's input: ONNX Runtime's CalibrationDataReader."""

    def __init__(self, images: np.ndarray) -> None:
        self._batches: Iterator[dict[str, np.ndarray]] = (
            {"images": np.ascontiguousarray(images[start : start + _BATCH])}
            for start in range(0, len(images), _BATCH)
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next batch, None at the end."""
        return next(self._batches, None)
