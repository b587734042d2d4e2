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

from classifier.inference.engine import STRANGENESS
from classifier.inference.manifest import (
    Manifest,
    sha256_of,
    write_manifest,
)
from classifier.training.backbones import BACKBONES
from classifier.training.config import TrainingConfig
from classifier.training.familiarity import Strangeness
from classifier.training.graphs import simplify
from classifier.training.model import LogoClassifier

ONNX_NAME = "model.onnx"
WEIGHTS_NAME = "model.safetensors"
_OPSET = 18


class ServingModel(nn.Module):
    """The graph that serves: uint8 RGB [N, S, S, 3] in, float32 logits [N, classes] out.

    With `strangeness`, how unlike a logo an image is comes out, too: float32 [N].
    """

    def __init__(self, model: LogoClassifier, strangeness: Strangeness | None = None) -> None:
        super().__init__()
        self.model = model
        self.strangeness = strangeness

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        logits, pooled = self.model.answer(images.permute(0, 3, 1, 2).float() / 255)
        return logits if self.strangeness is None else (logits, self.strangeness(pooled))


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


def export_onnx(
    model: LogoClassifier, size: int, path: Path, strangeness: Strangeness | None = None
) -> None:
    """Write the serving graph of a model, its batch size left open."""
    contiguous = copy.deepcopy(model).cpu().eval().to(memory_format=torch.contiguous_format)
    _replace_pooling(contiguous)
    for name in ("onnx_ir", "onnxscript"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they tell of every constant
    example = torch.zeros((2, size, size, 3), dtype=torch.uint8)
    torch.onnx.export(
        ServingModel(contiguous, strangeness).eval(),
        (example,),
        path,
        input_names=["images"],
        output_names=["logits"] if strangeness is None else ["logits", STRANGENESS],
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
    strangeness: Strangeness | None = None,
) -> Manifest:
    """Write a version's files and its manifest, without metrics, into an empty folder.

    Args:
        folder: see `new_version_folder`.
        name: the version's name.
        model: trained weights; moved to the CPU.
        temperature: what logits are divided by before softmax.
        dataset: name, source, fingerprint and counts of the training data.
        strangeness: what tells logos from other pictures.
    """
    backbone = BACKBONES[config.backbone]
    export_onnx(model, config.input_size, folder / ONNX_NAME, strangeness)
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
