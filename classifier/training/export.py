"""From trained weights to a model version: ONNX, safetensors and a manifest in one folder."""

import copy
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onnx
import torch
from safetensors.torch import save
from torch import Tensor, nn

from classifier.inference.manifest import (
    Manifest,
    sha256_of,
    write_manifest,
)
from classifier.training.backbones import BACKBONES
from classifier.training.config import TrainingConfig
from classifier.training.graphs import simplify
from classifier.training.model import LogoClassifier

ONNX_NAME = "model.onnx"
WEIGHTS_NAME = "model.safetensors"
_OPSET = 18


class ServingModel(nn.Module):
    """The graph that serves: uint8 RGB [N, S, S, 3] in, float32 logits [N, classes] out."""

    def __init__(self, model: LogoClassifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Normalise and classify."""
        return self.model(images.permute(0, 3, 1, 2).float() / 255)


class _SpatialMean(nn.Module):
    """Average pooling to 1 x 1 that the exporter can trace.

    Of AdaptiveAvgPool2d on channels-last maps it makes a dozen nodes of index arithmetic.
    """

    def forward(self, maps: Tensor) -> Tensor:
        return maps.mean((2, 3), keepdim=True)


def _replace_pooling(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, nn.AdaptiveAvgPool2d) and child.output_size in (1, (1, 1)):
            setattr(module, name, _SpatialMean())
        else:
            _replace_pooling(child)


def export_onnx(model: LogoClassifier, size: int, path: Path) -> None:
    """Write the serving graph of a model, its batch size left open."""
    contiguous = copy.deepcopy(model).cpu().eval().to(memory_format=torch.contiguous_format)
    _replace_pooling(contiguous)
    for name in ("onnx_ir", "onnxscript"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they tell of every constant
    example = torch.zeros((2, size, size, 3), dtype=torch.uint8)
    torch.onnx.export(
        ServingModel(contiguous).eval(),
        (example,),
        path,
        input_names=["images"],
        output_names=["logits"],
        opset_version=_OPSET,
        dynamo=True,
        external_data=False,
        dynamic_shapes={"images": {0: torch.export.Dim("batch", min=1)}},
        verbose=False,
    )
    graph = onnx.load(path)
    simplify(graph)
    onnx.save(graph, path)


def write_version(
    folder: Path,
    name: str,
    model: LogoClassifier,
    config: TrainingConfig,
    temperature: float,
    dataset: dict[str, Any],
) -> Manifest:
    """Write a version's files and its manifest, without metrics, into an empty folder.

    Args:
        folder: see `new_version_folder`.
        name: the version's name.
        model: trained weights; moved to the CPU.
        temperature: what logits are divided by before softmax.
        dataset: name, source, fingerprint and counts of the training data.
    """
    backbone = BACKBONES[config.backbone]
    export_onnx(model, config.input_size, folder / ONNX_NAME)
    tensors = {key: tensor.contiguous() for key, tensor in model.state_dict().items()}
    (folder / WEIGHTS_NAME).write_bytes(save(tensors))
    manifest = Manifest(
        name=name,
        backbone=config.backbone,
        input_size=config.input_size,
        temperature=temperature,
        onnx=ONNX_NAME,
        files={file: sha256_of(folder / file) for file in (ONNX_NAME, WEIGHTS_NAME)},
        mean=list(backbone.mean),
        std=list(backbone.std),
        config=config.to_json(),
        dataset=dataset,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_manifest(folder, manifest)
    return manifest
