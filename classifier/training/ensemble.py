"""Several serving graphs as one: their calibrated probabilities averaged (soft voting)."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, compose, helper, numpy_helper

from classifier.logo_types import CLASS_NAMES

_SMALLEST = 1e-7  # a probability below this would have an infinite logarithm in float32


class MergeError(ValueError):
    """Graphs that cannot be put side by side. The message says why."""


def merge_graphs(graphs: Sequence[bytes], temperatures: Sequence[float], size: int) -> ModelProto:
    """Return a serving graph whose logits are the logarithm of the members' mean probability.

    Args:
        graphs: serving graphs, each from `images` uint8 [N, size, size, 3] to `logits`.
        temperatures: what each member's logits are divided by before softmax.
        size: input size of all members.

    Raises:
        MergeError: if members were exported for different versions of ONNX's operators.
    """
    members = [
        compose.add_prefix(onnx.load_from_string(graph), f"member{number}/", rename_inputs=False)
        for number, graph in enumerate(graphs, 1)
    ]
    return helper.make_model(
        _side_by_side(members, temperatures, size),
        opset_imports=_operators(members),
        functions=[function for member in members for function in member.functions],
        ir_version=max(member.ir_version for member in members),
    )


def _side_by_side(
    members: list[ModelProto], temperatures: Sequence[float], size: int
) -> onnx.GraphProto:
    constants = {
        "count": np.float32(len(members)),
        "smallest": np.float32(_SMALLEST),
    }
    nodes, probabilities = [], []
    for number, (member, temperature) in enumerate(zip(members, temperatures, strict=True), 1):
        name = f"member{number}/"
        constants[f"{name}temperature"] = np.float32(temperature)
        nodes += [
            *member.graph.node,
            helper.make_node("Div", [f"{name}logits", f"{name}temperature"], [f"{name}scaled"]),
            helper.make_node("Softmax", [f"{name}scaled"], [f"{name}probabilities"], axis=1),
        ]
        probabilities.append(f"{name}probabilities")
    nodes += [
        helper.make_node("Sum", probabilities, ["sum"]),
        helper.make_node("Div", ["sum", "count"], ["mean"]),
        helper.make_node("Max", ["mean", "smallest"], ["positive"]),
        helper.make_node("Log", ["positive"], ["logits"]),
    ]
    weights = [tensor for member in members for tensor in member.graph.initializer]
    weights += [numpy_helper.from_array(np.array(v), name) for name, v in constants.items()]
    return helper.make_graph(
        nodes,
        "ensemble",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["batch", size, size, 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(CLASS_NAMES)])],
        weights,
    )


def _operators(members: list[ModelProto]) -> list[onnx.OperatorSetIdProto]:
    """Return the operator sets of all members, which have to agree."""
    versions: dict[str, int] = {}
    for member in members:
        for entry in member.opset_import:
            known = versions.setdefault(entry.domain or "", entry.version)
            if known != entry.version:
                raise MergeError(
                    "The members' graphs use different versions of ONNX's operators "
                    f"({known} and {entry.version}): export them anew."
                )
    return [helper.make_opsetid(domain, version) for domain, version in versions.items()]
