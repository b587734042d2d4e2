"""Changes to an exported ONNX graph that leave its answers as they are."""

import numpy as np
import onnx
from onnx import helper, numpy_helper


def simplify(model: onnx.ModelProto) -> None:
    """Make a graph smaller and easier to optimise for ONNX Runtime.

    Means over height and width become GlobalAveragePool, which the runtime keeps in its own
    channel-blocked layout; a ReduceMean makes it copy the feature map to another layout first.
    """
    _pool(model.graph)
    used = {name for node in model.graph.node for name in node.input}
    kept = [value for value in model.graph.initializer if value.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    strip(model)
    onnx.checker.check_model(model)


def strip(model: onnx.ModelProto) -> None:
    """Leave out what the exporter tells about where each node came from."""
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        value.ClearField("metadata_props")
    for field in ("value_info", "metadata_props"):
        model.graph.ClearField(field)
    model.ClearField("metadata_props")


def constants(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """Return a graph's stored tensors by name."""
    return {value.name: numpy_helper.to_array(value) for value in graph.initializer}


def attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    """Return a whole-number attribute of a node."""
    return next((value.i for value in node.attribute if value.name == name), default)


def _pool(graph: onnx.GraphProto) -> None:
    stored, nodes = constants(graph), []
    for node in graph.node:
        if node.op_type != "ReduceMean" or not _spatial(node, stored):
            nodes.append(node)
            continue
        (source, *_), (result,) = node.input, node.output
        if attribute(node, "keepdims", 1):
            nodes.append(helper.make_node("GlobalAveragePool", [source], [result]))
            continue
        pooled = f"{result}_pooled"
        nodes.append(helper.make_node("GlobalAveragePool", [source], [pooled]))
        nodes.append(helper.make_node("Flatten", [pooled], [result]))
    del graph.node[:]
    graph.node.extend(nodes)


def _spatial(node: onnx.NodeProto, stored: dict[str, np.ndarray]) -> bool:
    """Tell whether a mean is over height and width of [N, C, H, W]."""
    axes = stored.get(node.input[1]) if len(node.input) > 1 else None
    return axes is not None and sorted(axes.tolist()) in ([2, 3], [-2, -1])
