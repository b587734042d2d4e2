"""PyTorch's dynamic quantisation of linear layers: measured to compare, never served."""

import io
import statistics
import time
import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from classifier.inference.manifest import Manifest
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.dataset import ImageArray
from classifier.training.export import WEIGHTS_NAME
from classifier.training.model import LogoClassifier, build_model

_ROUNDS = 8


class WeightsMissingError(Exception):
    """The version has no PyTorch weights, or not those of one network."""


def measure_dynamic(
    folder: Path, manifest: Manifest, val: ImageArray, batch: int
) -> dict[str, Any]:
    """Return the figures of a version with its linear layers in 8 bits, run by PyTorch.

    Raises:
        WeightsMissingError: if the version came without its weights.
    """
    original = _load(folder, manifest)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated in favour of torchao, and working
        quantized = torch.ao.quantization.quantize_dynamic(original, {nn.Linear}, torch.qint8)
    answers = _answers(quantized, val, batch)
    stored = io.BytesIO()
    torch.save(quantized.state_dict(), stored)
    return {
        "file": "",
        "bytes": stored.tell(),
        "accuracy": float((answers == val.labels).float().mean()),
        "agreement": float((answers == _answers(original, val, batch)).float().mean()),
        "ms_one": _milliseconds(quantized, _inputs(val, 0, 1)),
        "ms_batch": _milliseconds(quantized, _inputs(val, 0, batch)),
        "sample_count": len(val),
    }


def _load(folder: Path, manifest: Manifest) -> LogoClassifier:
    if WEIGHTS_NAME not in manifest.files:
        raise WeightsMissingError(f"{manifest.name} has no {WEIGHTS_NAME}.")
    try:
        model = build_model(TrainingConfig.from_json(manifest.config))
        model.load_state_dict(load_file(folder / WEIGHTS_NAME))
    except (InvalidConfigError, RuntimeError) as error:
        raise WeightsMissingError(f"{manifest.name} is not one network.") from error
    return model.eval()


def _inputs(val: ImageArray, start: int, stop: int) -> Tensor:
    rows = torch.arange(start, min(stop, len(val)))
    return val.take(rows).permute(0, 3, 1, 2).float() / 255


@torch.inference_mode()
def _answers(model: nn.Module, val: ImageArray, batch: int) -> Tensor:
    return torch.cat(
        [
            model(_inputs(val, start, start + batch)).argmax(dim=1)
            for start in range(0, len(val), batch)
        ]
    )


@torch.inference_mode()
def _milliseconds(model: nn.Module, inputs: Tensor) -> float:
    """Return the median time per image."""
    times = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        model(inputs)
        times.append((time.perf_counter() - started) * 1000 / len(inputs))
    return statistics.median(times[1:])
